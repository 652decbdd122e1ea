// `calliope health`, as container engines and `helm test` run it.
import { expect, test } from 'bun:test'
import { run } from './commands.ts'
import { startProgram, temporaryDirectory } from './program.ts'

test('calliope health tells alive from ready, waits when asked to, and says what is missing', async () => {
  using directory = temporaryDirectory()
  // Nobody listens at port 1: it lives, and is not ready.
  const database = 'postgres://calliope@127.0.0.1:1/calliope'
  const node = await startProgram(['--data-dir', directory.path, '--database', database])
  const health = (...words: string[]) => run(['health', '--url', node.url, ...words])
  expect(await health()).toEqual({ code: 0, out: '', err: '' })
  const notReady = await health('--ready')
  expect([notReady.code, notReady.out]).toEqual([1, ''])
  expect(notReady.err).toStartWith(`calliope: ${node.url}/readyz: 503: the database (`)

  await node.kill()
  const dead = await health()
  expect([dead.code, dead.err]).toEqual([1, expect.stringContaining('/healthz: ') as never])

  // One that waits hears of a server that comes up meanwhile.
  const { port } = new URL(node.url)
  const patient = run(['health', '--wait', '20s', '--url', `127.0.0.1:${port}`])
  await Bun.sleep(700) // it must have asked in vain, or it did not wait
  using _server = Bun.serve({ hostname: '127.0.0.1', port, fetch: () => Response.json({}) })
  expect((await patient).code).toBe(0)
}, 30_000)
