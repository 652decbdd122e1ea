// Another capture server on the same traffic and the same PostgreSQL, started afresh for each step:
//
//   --peer "command with {udp} {database}"     {udp} 127.0.0.1:PORT, {database} a postgres:// URL
//
// Its rows are counted in heplify-server's homer7 tables; a step is over when no row has come for longer
// than its longest flush.
import { connect } from '#store'
import {
  isTooSlow,
  reachedRate,
  send,
  senderCpuText,
  settled,
  watchCpu,
  watchMemory,
} from './capture.ts'
import type { BenchServer } from './database.ts'
import { tableBytes } from './database.ts'
import type { BenchOptions } from './options.ts'
import { startProbes } from './probes.ts'
import { totalUs } from './proc.ts'
import { progress } from './report.ts'
import { KEPT_UP_MS, rateText, type Step } from './step.ts'
import { count, mb, quantile } from './table.ts'

const START_MS_MAX = 20_000
const STILL_MS = 8_000
/** Where an OPTIONS request goes in homer7. */
const PROBES_IN = { table: 'hep_proto_1_default', column: 'sid' }

export async function peerStep(
  server: BenchServer,
  rate: number,
  { peer = '', peerName, seconds, traffic, offload }: BenchOptions,
): Promise<Step> {
  const database = await server.create('peer_bench')
  const port = await freeUdpPort()
  const command = peer.replaceAll('{udp}', `127.0.0.1:${port}`).replaceAll('{database}', database)
  const child = Bun.spawn(command.split(' '), { stdout: 'ignore', stderr: 'ignore' })
  const sql = connect({ url: database, max: 1 })
  try {
    await untilReady(port)
    const databaseBefore = server.cpuUs()
    const probes = await startProbes(port, database, PROBES_IN)
    const job = { transport: 'udp' as const, port, rate, seconds, senders: 1, traffic, offload }
    progress(`${peerName} ${count(rate)}/s for ${seconds} s`)
    const cpu = await watchCpu(child.pid, async () => {
      const watched = await watchMemory(child.pid, send(job))
      probes.pause()
      const endedAt = performance.now()
      await settled(() => insertedInto(sql), STILL_MS)
      return { ...watched, tookMs: performance.now() - endedAt - STILL_MS }
    })
    const { result: sent, peakBytes, tookMs } = cpu.result
    const databaseUs = (server.cpuUs() - databaseBefore) / sent.sent
    const probed = await probes.finish()
    const stored = await rowsIn(sql)
    const lost = Math.abs(sent.sent + probed.sent - stored)
    const bytesPerMessage = (await tableBytes(sql)) / Math.max(1, stored)
    const waits = [0.5, 0.99].map((p) => quantile(probed.waitsMs, p).toFixed(0))
    progress(`${peerName} ${count(rate)}/s: ${count(lost)} of ${count(sent.sent)} lost`)
    return {
      outcome: lost > 0 ? 'lost' : isTooSlow(sent, rate) ? 'sender too slow' : 'kept',
      reachedRate: reachedRate(sent),
      bytesPerMessage,
      lost,
      hasKeptUp: tookMs <= KEPT_UP_MS,
      captureUs: totalUs(cpu.threads) / sent.sent,
      machineUs: cpu.machineUs / sent.sent,
      row: [
        ...[peerName, rateText(rate, sent), count(sent.sent), count(lost)],
        `${(Math.max(0, tookMs) / 1_000).toFixed(1)} s`,
        waits.join(' / '),
        `all ${(totalUs(cpu.threads) / sent.sent).toFixed(2)}`,
        databaseUs.toFixed(2),
        senderCpuText(sent),
        (cpu.machineUs / sent.sent).toFixed(2),
        mb(peakBytes),
        bytesPerMessage.toFixed(0),
      ],
    }
  } finally {
    await sql.close({ timeout: 0 })
    child.kill('SIGKILL')
    await child.exited
    await server.drop('peer_bench')
  }
}

async function insertedInto(sql: ReturnType<typeof connect>): Promise<number> {
  const [row] = await sql`select coalesce(sum(n_tup_ins), 0)::float8 as n from pg_stat_user_tables`
  return row.n as number
}

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
