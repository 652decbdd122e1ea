import { expect, test } from 'bun:test'
import { Ticket } from './batch-line.ts'

const now = (what: Promise<unknown>) => Promise.race([what, Bun.sleep(20).then(() => 'nothing')])

test('who asks late hears that the batch ahead has stumbled, until it tries again', async () => {
  const ahead = new Ticket()
  ahead.beginTry()
  const early = ahead.next()
  expect(await now(early)).toBe('nothing')
  ahead.stumble()
  expect(await now(early)).toBe('stumbled')
  // It was still copying when the one ahead stumbled, and holds what that one needs.
  expect(await now(ahead.next())).toBe('stumbled')
  ahead.beginTry()
  const again = ahead.next()
  expect(await now(again)).toBe('nothing')
  ahead.end('committed')
  expect(await now(again)).toBe('committed')
  expect(await now(ahead.next())).toBe('committed')
})
