// Whoever reads what we print may go: `calliope search | head -1`, a log collector that restarts.
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { run } from './commands.ts'
import { ask, startProgram, temporaryDirectory } from './program.ts'

const calliope = [process.execPath, join(import.meta.dir, '../src/main.ts')]
test('a command whose output nobody reads any more ends without a word, as Unix tools do', async () => {
  const { code, out, err } = await run(
    ['-c', '"$@" | head -c 8; exit ${PIPESTATUS[0]}', 'bash', ...calliope, 'check-config'],
    { program: ['bash'] },
  )
  expect([out.length, err]).toEqual([8, ''])
  expect([0, 141]).toContain(code) // 0: all of it fitted into the pipe before the reader went
  const nobody = await run(
    ['-c', '(sleep 1; exec "$@") | true; exit ${PIPESTATUS[0]}', 'bash', ...calliope, '--help'],
    { program: ['bash'] },
  )
  expect(nobody).toEqual({ code: 141, out: '', err: '' })
})

test('a node goes on when nobody reads its standard output, also with metrics there', async () => {
  using directory = temporaryDirectory()
  const said = join(directory.path, 'stderr')
  const cut = `exec "$@" > >(head -c 10 >/dev/null) 2> >(tee ${said} >&2)`
  const program = await startProgram(
    ['--data-dir', directory.path, '--fleet-emf', 'stdout', '--fleet-emf-every', '1s'],
    { program: ['bash', '-c', cut, 'bash', ...calliope] },
  )
  await Bun.sleep(3_000) // two lines of metrics into the pipe that is cut
  expect(await ask<{ balanced: boolean }>(program, '/api/v1/ledger')).toMatchObject({
    balanced: true,
  })
  expect(await program.stop()).toBe(0)
  expect(await Bun.file(said).text()).not.toContain('EPIPE')
}, 30_000)
