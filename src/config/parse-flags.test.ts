import { expect, test } from 'bun:test'
import { UsageError } from './flags.ts'
import { choice, decimal, list, text } from './kinds.ts'
import { parseFlags } from './parse-flags.ts'
import { setting } from './settings.ts'

const TABLE = {
  policy: setting(list(text), ['one'], 'lists may be given several times'),
  mode: setting(choice('a', 'b'), 'a', 'others: the last one counts'),
  share: setting(decimal(0, 1), 0.5, 'with a fraction'),
}
const flagsOf = (...argv: string[]) => parseFlags(argv, TABLE).flags

test('parseFlags adds up a list that is given several times, and takes the last of anything else', () => {
  expect(flagsOf().policy).toEqual(['one'])
  expect(flagsOf('--policy', 'x', '--policy=y,z').policy).toEqual(['x', 'y', 'z'])
  expect(flagsOf('--mode', 'a', '--mode', 'b').mode).toBe('b')
})

test('decimal takes numbers within its bounds and nothing else', () => {
  expect(flagsOf('--share', '0.25').share).toBe(0.25)
  for (const bad of ['1.5', '-0.1', '1e9', 'half', '', '0x1'])
    expect(() => flagsOf(`--share=${bad}`)).toThrow(UsageError)
})
