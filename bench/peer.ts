// Another capture server on the same traffic and the same PostgreSQL, started afresh for each step:
//
//   --peer "command with {udp} {database}"     {udp} 127.0.0.1:PORT, {database} a postgres:// URL
//
// Its rows are counted in heplify-server's homer7 tables; a step is over when no row has come for longer
// than its longest flush.
import { connect } from '#store'
import { send, settled, watchMemory } from './capture.ts'
import type { BenchServer } from './database.ts'
import { tableBytes } from './database.ts'
import type { BenchOptions } from './options.ts'
import type { Step } from './pipeline.ts'
import { type ThreadCpu, threadCpu } from './proc.ts'
import { count, mb, progress } from './report.ts'

const START_MS_MAX = 20_000
const STILL_MS = 8_000

export async function peerStep(
  server: BenchServer,
  rate: number,
  { peer = '', peerName, seconds, traffic }: BenchOptions,
): Promise<Step> {
  const database = await server.create('peer_bench')
  const port = await freeUdpPort()
  const command = peer.replaceAll('{udp}', `127.0.0.1:${port}`).replaceAll('{database}', database)
  const child = Bun.spawn(command.split(' '), { stdout: 'ignore', stderr: 'ignore' })
  const sql = connect({ url: database, max: 1 })
  try {
    await untilReady(port)
    const before = { threads: threadCpu(child.pid), database: server.cpuUs() }
    const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic }
    const { result: sent, samples } = await watchMemory(child.pid, send(job))
    const endedAt = performance.now()
    const inserted = async () => {
      const [row] =
        await sql`select coalesce(sum(n_tup_ins), 0)::float8 as n from pg_stat_user_tables`
      return row.n as number
    }
    await settled(inserted, STILL_MS)
    const tookMs = performance.now() - endedAt - STILL_MS
    const cpuUs = (totalOf(threadCpu(child.pid)) - totalOf(before.threads)) / sent.sent
    const databaseUs = (server.cpuUs() - before.database) / sent.sent
    const stored = await rowsIn(sql)
    const lost = sent.sent - stored
    progress(`${peerName} ${count(rate)}/s: ${count(lost)} of ${count(sent.sent)} lost`)
    return {
      lost,
      row: [
        ...[peerName, `${count(rate)}/s`, count(sent.sent), count(lost)],
        `${(tookMs / 1_000).toFixed(1)} s`,
        'not measured',
        `all ${cpuUs.toFixed(2)}`,
        databaseUs.toFixed(2),
        mb(Math.max(...samples)),
        ((await tableBytes(sql)) / Math.max(1, stored)).toFixed(0),
      ],
    }
  } finally {
    await sql.close({ timeout: 0 })
    child.kill('SIGKILL')
    await child.exited
    await server.drop('peer_bench')
  }
}

const totalOf = (threads: ThreadCpu): number =>
  [...threads.values()].reduce((sum, us) => sum + us, 0)

async function rowsIn(sql: ReturnType<typeof connect>): Promise<number> {
  const [row] = await sql`
    select (select count(*) from hep_proto_1_call)
         + (select count(*) from hep_proto_1_registration)
         + (select count(*) from hep_proto_1_default) as n`
  return Number(row.n)
}

/** A server that listens has its port in /proc/net/udp or udp6. */
async function untilReady(port: number): Promise<void> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `
  const deadline = performance.now() + START_MS_MAX
  while (performance.now() < deadline) {
    const tables = await Promise.all(
      ['/proc/net/udp', '/proc/net/udp6'].map((path) => Bun.file(path).text()),
    )
    if (tables.some((text) => text.includes(wanted))) return await Bun.sleep(1_000) // tables made
    await Bun.sleep(100)
  }
  throw new Error(`the peer did not listen on UDP port ${port} within ${START_MS_MAX} ms`)
}

async function freeUdpPort(): Promise<number> {
  const socket = await Bun.udpSocket({ hostname: '127.0.0.1' })
  const { port } = socket
  socket.close()
  return port
}
