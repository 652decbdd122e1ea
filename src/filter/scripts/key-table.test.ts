import { expect, test } from 'bun:test'
import { KeyTable } from './key-table.ts'

test('KeyTable keeps what fits, lets the oldest go, and takes nothing over-long', () => {
  const table = new KeyTable(3_000)
  for (let i = 0; i < 100; i++) table.set(`k${i}`, 'x'.repeat(100))
  expect(table.get('k99')).toHaveLength(100)
  expect(table.get('k0')).toBe('')
  const held = Array.from({ length: 100 }, (_, i) => table.get(`k${i}`)).filter((text) => text)
  expect(held.length).toBe(9)
  table.set('k99', 'x'.repeat(70_000))
  expect(table.get('k99')).toBe('')
  table.delete('k98')
  expect(table.get('k98')).toBe('')
})
