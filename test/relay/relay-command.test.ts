import { expect, test } from 'bun:test'
import { run } from '../commands.ts'

test.each([
  [[], '--relay-to: say where to'],
  [['--relay-to', 'ftp://x'], "relay.to: 'ftp://x': begin with one of http://"],
  [['--relay-to', 'udp://a,udp://a'], 'two destinations have this name'],
  [['--relay-to', 'udp://a', 'word'], 'relay takes flags only'],
])('calliope relay %p exits 2 and says what is wrong', async (words, said) => {
  const { code, err } = await run(['relay', ...words])
  expect(code).toBe(2)
  expect(err).toContain(said)
})
