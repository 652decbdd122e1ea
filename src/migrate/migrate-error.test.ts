import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const read = (path: string) => readFileSync(join(import.meta.dir, path), 'utf8')
const codesIn = (text: string) => [...new Set(text.match(/MIGRATE_[A-Z0-9_]+/g))].sort()

test('every MigrateErrorCode is in docs/migrate.md, and no other', () => {
  expect(codesIn(read('../../docs/migrate.md'))).toEqual(codesIn(read('migrate-error.ts')))
})
