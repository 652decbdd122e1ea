// A drain that begins before SIGTERM does, and a scale-in that is held off: the spot notice of EC2 and the
// task protection of ECS, told to the whole program by services as strict as the real ones.
import { expect, test } from 'bun:test'
import { serve } from 'bun'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { startProgram, temporaryDirectory, until } from '../program.ts'
import { DatabaseWay } from './database-way.ts'
import { post } from './hand-over-rig.ts'
import { expectNothingLost } from './truth.ts'

test('a spot notice drains the node at once, within the time it names, and SIGTERM later changes nothing', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-spot-')
  const notice = { action: 'terminate', time: new Date(Date.now() + 14_000).toISOString() }
  const metadata = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/latest/api/token' && request.method === 'PUT') return new Response('token')
      if (request.headers.get('x-aws-ec2-metadata-token') !== 'token')
        return new Response('', { status: 401 })
      const isAsked = pathname === '/latest/meta-data/spot/instance-action'
      return isAsked ? Response.json(notice) : new Response('', { status: 404 })
    },
  })
  const flags = ['--data-dir', data.path, '--database', database.url, '--drain-spot-notice', 'ec2']
  const program = await startProgram([...flags, '--drain-wait', '60s'], {
    command: 'capture',
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${metadata.port}` },
  })
  const said = await program.waitForLine(({ msg }) => msg.includes('will be taken away'))
  expect(Date.parse(String(said.at))).toBe(Date.parse(notice.time))
  expect((await fetch(`${program.url}/readyz`)).status).toBe(503)
  const promised = await post(program, 'late', 100)
  program.process.kill('SIGTERM')
  const { waitMs } = await program.waitForLine(({ msg }) => msg === 'draining: still receiving')
  expect(Number(waitMs)).toBeLessThan(2_500) // of the 60 s there were left 8 at most
  expect(await program.process.exited).toBe(0)
  const [counts] = await database.sql`select sum(stored)::int as stored from spool_cursors`
  expect(counts.stored).toBe(promised.length)
  await metadata.stop(true)
}, 60_000)

test('a task whose spool fills is protected from scaling in until the spool is stored', async () => {
  await using database = await testDatabase()
  using way = await DatabaseWay.to(database.url)
  using data = temporaryDirectory('calliope-task-')
  const asked: { ProtectionEnabled: boolean; ExpiresInMinutes?: number }[] = []
  const agent = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const isRight =
        request.method === 'PUT' && request.url.endsWith('/v3/task-protection/v1/state')
      if (!isRight) return new Response('', { status: 404 })
      const body = (await request.json()) as (typeof asked)[number]
      asked.push(body)
      return Response.json({ protection: { ProtectionEnabled: body.ProtectionEnabled } })
    },
  })
  const protection = ['--drain-task-protection', 'on', '--drain-task-protection-backlog', '1MiB']
  const program = await startProgram(
    ['--data-dir', data.path, '--database', way.url, ...protection],
    {
      command: 'capture',
      env: { ECS_AGENT_URI: `http://127.0.0.1:${agent.port}/v3` },
    },
  )
  way.cut()
  const promised = await post(program, 'much', 4_000)
  await until(
    async () => asked.length,
    (count) => count === 1,
  )
  expect(asked).toEqual([{ ProtectionEnabled: true, ExpiresInMinutes: 10 }])
  await way.open()
  await expectNothingLost(program, database.sql, { received: 4_000, promised })
  await until(
    async () => asked.length,
    (count) => count === 2,
  )
  expect(asked.at(-1)).toEqual({ ProtectionEnabled: false })
  expect(await program.stop()).toBe(0)
  expect(asked).toHaveLength(2)
  await agent.stop(true)
}, 60_000)

test('SIGINT drains as SIGTERM does, and SIGTERM after it ends at once', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-sigint-')
  const flags = ['--data-dir', data.path, '--database', database.url]
  const program = await startProgram(flags, { command: 'capture' })
  await post(program, 'interrupted', 100)
  program.process.kill('SIGINT')
  expect(await program.process.exited).toBe(0)
  const again = await startProgram([...flags, '--drain-wait', '60s'], { command: 'capture' })
  again.process.kill('SIGINT')
  await again.waitForLine(({ msg }) => msg.startsWith('stopping'))
  const signalledMs = performance.now()
  again.process.kill('SIGTERM')
  expect(await again.process.exited).toBe(130)
  expect(performance.now() - signalledMs).toBeLessThan(1_000)
  const [counts] = await database.sql`select sum(stored)::int as stored from spool_cursors`
  expect(counts.stored).toBe(100)
}, 60_000)
