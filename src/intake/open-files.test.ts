import { expect, test } from 'bun:test'
import { affordableConnections } from './open-files.ts'

test('affordableConnections leaves files for the others', () => {
  expect(affordableConnections(20_000, 1_024)).toBe(524)
  expect(affordableConnections(20_000, 100)).toBe(50)
  expect(affordableConnections(500, 1_024)).toBe(500)
  expect(affordableConnections(500, Number.POSITIVE_INFINITY)).toBe(500)
  expect(affordableConnections(1)).toBe(1)
})
