import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { settingsManual } from './manual.ts'

test('docs/configuration.md holds every setting as the table in code has it (npm run manual writes it)', async () => {
  const text = await Bun.file(join(import.meta.dir, '../../docs/configuration.md')).text()
  expect(text).toContain(settingsManual())
})
