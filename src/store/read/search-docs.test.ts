import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OUTCOMES } from '#contract'
import { QUERY_ERROR_CODES } from './query-error.ts'
import { FIELDS, PROTOCOL_WORDS } from './query-fields.ts'
import { parseQuery } from './query-parse.ts'

const docs = readFileSync(join(import.meta.dir, '../../../docs/search.md'), 'utf8')
const rows = docs
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|')))
const code = (cell: string | undefined) => cell?.replaceAll('`', '') ?? ''

test('docs/search.md explains every field with an example that uses it', () => {
  const fields = rows.filter((cells) => code(cells[1]).endsWith(':'))
  const names = fields.map((cells) => code(cells[1]).slice(0, -1))
  expect(names.toSorted()).toEqual([...FIELDS.keys(), 'header.NAME'].toSorted())
  for (const [, field, , example] of fields) {
    expect(code(example)).toStartWith(code(field).replace('NAME:', ''))
    expect(parseQuery(code(example))).toHaveLength(1)
  }
})

test('docs/search.md shows no query that does not parse', () => {
  const lines = [...docs.matchAll(/^```\n(.*?)^```/gms)].flatMap((block) => block[1]!.split('\n'))
  const queries = lines.map((line) => line.split(/ {3,}/)[0]!).filter((line) => line !== '')
  const inText = [...docs.matchAll(/`([a-z-]+(?:\.[\w-]+)?:[^`]+)`/g)].map((match) =>
    match[1]!.replaceAll('\\|', '|'),
  )
  expect(queries.length).toBeGreaterThan(15)
  expect(inText.length).toBeGreaterThan(30)
  for (const query of [...queries, ...inText]) expect(parseQuery(query).length).toBeGreaterThan(0)
})

test('docs/search.md names every outcome, protocol and mistake', () => {
  const cellsOf = (name: string) => rows.find((cells) => code(cells[1]) === name)?.[2]
  expect(cellsOf('outcome:')).toBe(OUTCOMES.join(', '))
  expect(cellsOf('protocol:')).toStartWith([...PROTOCOL_WORDS.keys()].join(', '))
  const mistakes = rows.filter((cells) => cells.length === 4)
  expect(Object.fromEntries(mistakes.map((cells) => [code(cells[1]), cells[2]]))).toEqual({
    ...QUERY_ERROR_CODES,
  })
})
