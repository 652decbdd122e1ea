import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { AgentKeys } from './agent-keys.ts'
import { ISSUED_KEYS_MAX, IssuedKeys, issuedKeysMemory, writeIssuedKeys } from './issued-keys.ts'

const SECRET = Buffer.alloc(32, 3)
const hashOf = (key: string) => createHmac('sha256', SECRET).update(key).digest()
const asked = (keys: { matches(key: Buffer): boolean }, key: string) =>
  keys.matches(Buffer.from(key))

test('IssuedKeys follows what is written: keys come, go, and one that was right is forgotten', () => {
  const memory = issuedKeysMemory()
  const keys = new IssuedKeys(memory)
  expect(asked(keys, 'one')).toBe(false)
  writeIssuedKeys(memory, SECRET, [hashOf('one'), hashOf('two')])
  expect([asked(keys, 'one'), asked(keys, 'one'), asked(keys, 'two')]).toEqual([true, true, true])
  expect([asked(keys, 'onE'), asked(keys, ''), asked(keys, 'three')]).toEqual([false, false, false])
  writeIssuedKeys(memory, SECRET, [hashOf('one')])
  expect([asked(keys, 'two'), asked(keys, 'one')]).toEqual([false, true])
  writeIssuedKeys(memory, SECRET, [])
  expect(asked(keys, 'one')).toBe(false)
})

test('IssuedKeys takes as many as fit', () => {
  const memory = issuedKeysMemory()
  const many = Array.from({ length: ISSUED_KEYS_MAX + 5 }, (_, i) => hashOf(`key ${i}`))
  writeIssuedKeys(memory, SECRET, many)
  const keys = new IssuedKeys(memory)
  expect(asked(keys, `key ${ISSUED_KEYS_MAX - 1}`)).toBe(true)
  expect(asked(keys, `key ${ISSUED_KEYS_MAX}`)).toBe(false)
})

test('AgentKeys takes issued keys besides the configured ones, and needs none when none is configured', () => {
  const memory = issuedKeysMemory()
  writeIssuedKeys(memory, SECRET, [hashOf('issued')])
  const keys = new AgentKeys(['configured'], memory)
  const slots = keys.slotsFor('10.0.0.1')
  const answers = ['configured', 'issued', 'other'].map((key) =>
    keys.matches(Buffer.from(key), slots),
  )
  expect(answers).toEqual([true, true, false])
  expect(new AgentKeys([], memory).required).toBe(false)
})
