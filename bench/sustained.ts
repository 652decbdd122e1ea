// Minutes of traffic at 70 % of the highest rate, while people search, the database is restarted, the
// partition turns and retention drops one (sustained-plan.ts): none may be lost, the ledger must balance
// whenever it is looked at, and memory must not grow.
import { connect } from '#store'
import { temporaryDirectory } from '../test/program.ts'
import {
  type Capture,
  reachedRate,
  send,
  senderCpuText,
  startCapture,
  watchCpu,
} from './capture.ts'
import { type BenchServer, startServer } from './database.ts'
import { fillSpool, startAndStore } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { knownFigure } from './page.ts'
import { publishGraph } from './pictures.ts'
import { drained } from './pipeline-step.ts'
import { cpuText } from './proc.ts'
import { sampleCalls } from './questions.ts'
import { progress, publish } from './report.ts'
import { watchProgram } from './samples.ts'
import { startSearchLoad } from './search-load.ts'
import {
  clockAheadMs,
  oldCallsSpan,
  oldHourEnd,
  RESTART_AT,
  ROLL_OVER_AT,
  retentionMs,
} from './sustained-plan.ts'
import { type SustainedRun, sustainedGraph, sustainedRows } from './sustained-report.ts'
import { count, table } from './table.ts'
import { trafficRing } from './traffic.ts'

const SHARE = 0.7
const RATE_UNKNOWN = 70_000
const SETTLING = 0.1
const OLD_MESSAGES = 1e6
/** Times the run: what is stored more slowly than it comes while people search needs as long again, or longer. */
const DRAIN_TIMES_MAX = 4
const PARTITION = ['--store-partition', '1h']

export async function sustained(options: BenchOptions): Promise<void> {
  const { isQuick, minutes, offload, traffic } = options
  const key = `pipeline.whole${offload ? '.offload' : ''}`
  const rate = options.rate ?? Math.round((knownFigure(key) ?? RATE_UNKNOWN / SHARE) * SHARE)
  const runMs = minutes * 60_000
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const place = { directory: directory.path, database: await server.create('sustained_bench') }
  const hourEndMs = oldHourEnd(Date.now())
  await storeOldCalls(place, hourEndMs, runMs, isQuick ? 5_000 : OLD_MESSAGES)
  const startMs = Date.now()
  const retention = `${retentionMs(hourEndMs, startMs, runMs)}ms`
  await using capture = await startCapture({
    ...place,
    flags: [
      '--spool-bytes-max',
      '100GB',
      ...PARTITION,
      '--store-retention',
      retention,
      ...options.flags,
    ],
  })
  const before = await storedByPartition(place.database)
  const job = {
    ...({
      transport: 'udp',
      port: capture.program.udp.port,
      rate,
      senders: 1,
      traffic,
      offload,
    } as const),
    ...{ seconds: runMs / 1_000, clockAheadMs: clockAheadMs(startMs, runMs) },
  }
  const run = await loadAndWatch(server, capture, runMs, () => send(job))
  const after = await storedByPartition(place.database)
  const gone = [...before].filter(([name]) => !after.has(name))
  const expected = total(before) - total(new Map(gone)) + run.sent.sent
  const outcome = {
    ...{ run, rate, droppedPartitions: gone },
    lost: Math.abs(expected - run.pending - total(after)),
    writtenPartitions: [...after].filter(([name, n]) => n > (before.get(name) ?? 0)).length,
  }
  const picture = publishGraph('sustained', sustainedGraph(outcome), options.isTrial)
  const body =
    `${count(rate)} msg/s (${options.rate ? 'as asked' : `${SHARE * 100} % of the highest rate above`}), ${minutes} min, ${traffic} calls, ${offload ? 'offloading sender' : 'one datagram a message'}, ${server.version}; meanwhile a search every ${100} ms.\n\n` +
    `${table(['what', 'measured'], sustainedRows(outcome))}\n\n${picture}`
  publish('sustained', body, options, {
    sustained: {
      value: rate,
      how: `${minutes} min`,
      ...(outcome.lost > 0 ? { fault: `${count(outcome.lost)} lost` } : {}),
      ...(run.pending > 0 ? { fault: `${count(run.pending)} not stored when it ended` } : {}),
    },
  })
}

type Place = { readonly directory: string; readonly database: string }

async function storeOldCalls(place: Place, hourEndMs: number, runMs: number, messages: number) {
  const { fromMs, toMs } = oldCallsSpan(hourEndMs, runMs)
  const now = Date.now()
  await fillSpool({
    ...{ directory: place.directory, ring: trafficRing('whole', 2), messages },
    ...{ sinceMs: now - fromMs, untilMs: now - toMs },
  })
  await (await startAndStore(place, messages, PARTITION))[Symbol.asyncDispose]()
}

async function loadAndWatch(
  server: BenchServer,
  capture: Capture,
  runMs: number,
  startSending: () => ReturnType<typeof send>,
): Promise<SustainedRun> {
  const calls = await sampleCalls(capture.program.url, 50)
  const watch = watchProgram(capture)
  const searching = startSearchLoad(capture.program.url, calls)
  const restarted = { databaseUs: 0, received: 0 }
  const cpu = await watchCpu(capture.pid, async () => {
    const restart = setTimeout(() => server.restart(), RESTART_AT * runMs)
    // The new server's books begin anew, so its cost is told from a while after.
    const settled = setTimeout(
      () => {
        restarted.databaseUs = server.cpuUs()
        restarted.received = watch.samples.at(-1)?.received ?? 0
      },
      (RESTART_AT + SETTLING) * runMs,
    )
    const telling = setInterval(() => {
      const { at = 0, received = 0, backlogBytes = 0 } = watch.samples.at(-1) ?? {}
      progress(
        `${at.toFixed(0)} s, ${count(received)} received, ${count(backlogBytes / 1e6)} MB wait, ${searching.answers.length} searches`,
      )
    }, 2_000)
    const began = performance.now()
    const sent = await startSending()
    const sentMs = performance.now() - began
    const pending = await drained(capture, DRAIN_TIMES_MAX * runMs)
    clearInterval(telling)
    clearTimeout(restart)
    clearTimeout(settled)
    return { sent, pending, drainedMs: performance.now() - began - sentMs }
  })
  const { sent, pending, drainedMs } = cpu.result
  await Promise.all([watch.stop(), searching.stop()])
  return {
    ...{
      sent,
      pending,
      drainedMs,
      samples: watch.samples,
      answers: searching.answers,
      refused: searching.refused,
    },
    ...{ ledgers: watch.ledgers, unbalanced: watch.unbalanced.length, runSeconds: runMs / 1_000 },
    databaseUs:
      (server.cpuUs() - restarted.databaseUs) /
      ((watch.samples.at(-1)?.received ?? 0) - restarted.received),
    cpuText: cpuText(cpu.threads, sent.sent),
    senderText: `${count(reachedRate(sent))}/s; ${senderCpuText(sent)} µs/msg`,
    events: [
      { at: (RESTART_AT * runMs) / 1_000, name: 'database restart' },
      { at: (ROLL_OVER_AT * runMs) / 1_000, name: 'partition roll-over' },
      ...droppedAt(capture, watch.samples),
    ],
    diskWaitsMs: capture.program.lines.flatMap(({ waitedMs }) =>
      typeof waitedMs === 'number' ? [waitedMs] : [],
    ),
  }
}

/** When the program said that it dropped a partition. */
function droppedAt({ program }: Capture, samples: SustainedRun['samples']) {
  const endMs = Date.now()
  const last = samples.at(-1)?.at ?? 0
  return program.lines
    .filter(({ msg }) => msg === 'dropped a partition of old calls')
    .map(({ time }) => ({
      at: Math.max(0, last - (endMs - Date.parse(String(time)) || 0) / 1_000),
      name: 'retention drops a partition',
    }))
}

async function storedByPartition(database: string): Promise<Map<string, number>> {
  const sql = connect({ url: database, max: 1 })
  try {
    const rows = await sql`
      select c.relname as name, coalesce((select sum(message_count) from call_segments s where s.tableoid = c.oid), 0)::float8 as messages
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'call_segments'::regclass`
    return new Map(
      rows.map(({ name, messages }: { name: string; messages: number }) => [name, messages]),
    )
  } finally {
    await sql.close({ timeout: 0 })
  }
}

const total = (stored: ReadonlyMap<string, number>): number =>
  [...stored.values()].reduce((sum, messages) => sum + messages, 0)
