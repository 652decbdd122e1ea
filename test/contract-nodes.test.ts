// DESIGN §5 against several programs: nodes on one database, and one whose database is away.
import { expect, test } from 'bun:test'
import type { CallDetail, Ledger, NodeRow } from '#contract'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { request, traffic } from './agent-frames.ts'
import { ask, settledLedger, startProgram, temporaryDirectory, until } from './program.ts'
import { SEND } from './senders.ts'

test('two capture nodes and a server on one database are one Calliope', async () => {
  await using shared = await testDatabase()
  using first = temporaryDirectory()
  using second = temporaryDirectory()
  const common = ['--database', shared.url, '--store-batch-wait', '100ms']
  const [a, b, server] = await Promise.all([
    startProgram([...common, '--node', 'a', '--data-dir', first.path], { command: 'capture' }),
    startProgram([...common, '--node', 'b', '--data-dir', second.path], { command: 'capture' }),
    startProgram(['--database', shared.url], { command: 'serve' }),
  ])
  const callId = 'seen by both'
  const [toA, toB] = [traffic(40, 7), traffic(40, 8)]
  await Promise.all([
    SEND.udp(a, [...toA, request(callId)]),
    SEND.udp(b, [...toB, request(callId, { method: 'BYE' })]),
  ])
  const received = toA.length + toB.length + 2
  const ledger = await settledLedger(server, received)
  expect(ledger).toMatchObject({ received, stored: received, pending: 0, balanced: true })
  for (const node of [a, b]) expect(await settledLedger(node, received)).toEqual(ledger)

  const { nodes } = await until(
    () => ask<{ nodes: NodeRow[] }>(server, '/api/v1/nodes'),
    (answer) => answer.nodes.reduce((sum, node) => sum + node.ledger.received, 0) === received,
  )
  expect(nodes.map(({ node, state }) => [node, state]).sort()).toEqual([
    ...[
      ['a', 'ready'],
      ['b', 'ready'],
    ], // a server captures nothing and is none
  ])
  const detail = await ask<CallDetail>(server, `/api/v1/calls/${encodeURIComponent(callId)}`)
  expect(detail.messages.map(({ label }) => label).sort()).toEqual(['BYE', 'INVITE'])
  // The page comes from the server; a capture node has the API alone.
  expect((await fetch(server.url)).status).toBe(200)
  expect((await fetch(a.url)).status).toBe(404)

  expect(await Promise.all([a.stop(), b.stop()])).toEqual([0, 0])
  const stopped = await ask<{ nodes: NodeRow[] }>(server, '/api/v1/nodes')
  expect(stopped.nodes.map(({ state }) => state)).toEqual(['stopped', 'stopped'])
  expect(await ask<Ledger>(server, '/api/v1/ledger')).toEqual(ledger)
  expect(await server.stop()).toBe(0)
}, 60_000)

test('/readyz says what is missing while the database is away, and /healthz that it lives', async () => {
  using other = temporaryDirectory()
  const away = 'postgres://calliope@127.0.0.1:1/calliope'
  const node = await startProgram(['--database', away, '--data-dir', other.path])
  expect((await fetch(`${node.url}/healthz`)).status).toBe(200)
  const response = await fetch(`${node.url}/readyz`)
  expect(response.status).toBe(503)
  expect(await response.text()).toContain('no PostgreSQL listens there')
  // A configuration that never worked is no place for HEP either; an outage later on is (see faults).
  expect((await fetch(`${node.url}/readyz?for=hep`)).status).toBe(503)
  const calls = await fetch(`${node.url}/api/v1/calls`)
  expect(calls.status).toBe(503)
  expect(await calls.json()).toMatchObject({ error: { code: 'store_unavailable' } })
  await node.kill()
})
