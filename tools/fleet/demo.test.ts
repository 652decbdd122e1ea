import { expect, test } from 'bun:test'
import { join } from 'node:path'

const demo = (...flags: string[]) => {
  const { exitCode, stdout, stderr } = Bun.spawnSync([
    process.execPath,
    join(import.meta.dir, 'demo.ts'),
    ...flags,
  ])
  return { exitCode, out: String(stdout), error: String(stderr) }
}

test('demo says what its flags are, and which one is wrong', () => {
  expect(demo('--help')).toMatchObject({ exitCode: 0, out: expect.stringContaining('--kill-at S') })
  const wrong = demo('--peak', 'many')
  expect([wrong.exitCode, wrong.error]).toEqual([
    2,
    expect.stringContaining("--peak is 'many'") as never,
  ])
  const unknown = demo('--peek', '9000')
  expect([unknown.exitCode, unknown.error]).toEqual([2, expect.stringContaining('--peek') as never])
})
