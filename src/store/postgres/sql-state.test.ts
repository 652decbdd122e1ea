import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { AGAIN_STATES, describeError, ROW_STATES, verdictOf } from './sql-state.ts'

test('verdictOf waits for what can pass and takes out rows that never will', () => {
  const verdicts = Object.fromEntries(
    [
      '08006',
      '25006',
      '28P01',
      '40001',
      '40P01',
      '42P01',
      '53100',
      '53300',
      '55P03',
      '57014',
      '57P01',
    ]
      .concat(['57P03', 'XX000', '99999', '22021', '22P03', '23502', '23505', '54000', 'P0001'])
      .map((errno) => [errno, verdictOf({ errno })]),
  )
  for (const state of ['22021', '22P03', '23502', '23505', '54000', 'P0001']) {
    expect(verdicts[state]).toBe('row')
    delete verdicts[state]
  }
  expect(new Set(Object.values(verdicts))).toEqual(new Set(['again']))
  expect(verdictOf({ code: 'ERR_POSTGRES_CONNECTION_CLOSED' })).toBe('again')
  expect(verdictOf(undefined)).toBe('again')
})

test('verdictOf tells a missing partition from a violated check', () => {
  expect(verdictOf({ errno: '23514' })).toBe('partition')
  expect(verdictOf({ errno: '23514', constraint: 'no_evil' })).toBe('row')
})

test('describeError says what a state means', () => {
  expect(describeError({ errno: '53100', message: 'could not extend file' })).toBe(
    '53100: out of disk space: could not extend file',
  )
  expect(
    describeError({ code: 'ERR_POSTGRES_CONNECTION_CLOSED', message: 'Connection closed' }),
  ).toBe('ERR_POSTGRES_CONNECTION_CLOSED: Connection closed')
})

test('docs/database-errors.md lists the states of verdictOf, all of them and no others', () => {
  const path = new URL('../../../docs/database-errors.md', import.meta.url)
  const rows = [...readFileSync(path, 'utf8').matchAll(/^\| `(\w+)` \| (again|row) \| (.+) \|$/gm)]
  const inDocs = Object.fromEntries(
    rows.map(([, state, verdict, text]) => [state, `${verdict}: ${text}`]),
  )
  const inCode = {
    ...Object.fromEntries(Object.entries(AGAIN_STATES).map(([s, text]) => [s, `again: ${text}`])),
    ...Object.fromEntries(Object.entries(ROW_STATES).map(([s, text]) => [s, `row: ${text}`])),
  }
  expect(inDocs).toEqual(inCode)
})
