// What a sustained run showed, as rows and as a graph.
import type { GraphOptions } from './graph.ts'
import type { Sample } from './samples.ts'
import type { Sent } from './sender.ts'
import { count, mb, quantile, type Row } from './table.ts'

export interface SustainedRun {
  readonly sent: Sent
  /** In the spool when it was not waited for any longer: neither stored nor lost. */
  readonly pending: number
  readonly drainedMs: number
  readonly runSeconds: number
  readonly samples: readonly Sample[]
  readonly answers: readonly (readonly [at: number, ms: number])[]
  readonly refused: number
  readonly ledgers: number
  readonly unbalanced: number
  readonly databaseUs: number
  readonly cpuText: string
  readonly senderText: string
  readonly events: readonly { readonly at: number; readonly name: string }[]
  /** How long the disk let the spool wait, as the program said, where that was long. */
  readonly diskWaitsMs: readonly number[]
}

export interface SustainedOutcome {
  readonly run: SustainedRun
  readonly rate: number
  readonly lost: number
  readonly droppedPartitions: readonly (readonly [name: string, messages: number])[]
  readonly writtenPartitions: number
}

const COLUMNS = 60

export function sustainedRows({
  run,
  lost,
  droppedPartitions,
  writtenPartitions,
}: SustainedOutcome): Row[] {
  const { sent, samples, answers } = run
  const searchMs = answers.map(([, ms]) => ms)
  const old = droppedPartitions.reduce((sum, [, messages]) => sum + messages, 0)
  return [
    [
      'sent; all stored in the database',
      `${count(sent.sent)}; ${run.pending > 0 ? `**not all**: ${count(run.pending)} still waited` : 'all'} ${(run.drainedMs / 1_000).toFixed(1)} s after the last`,
    ],
    ['**lost or stored twice**', `**${count(lost)}**`],
    ['ledger looked at; did not balance', `${count(run.ledgers)} times; ${run.unbalanced}`],
    [
      'partitions written to; dropped by retention',
      `${writtenPartitions}; ${droppedPartitions.length} (${count(old)} old messages)`,
    ],
    ['resident memory: first quarter, last quarter, peak', memoryText(samples)],
    [
      'spool age at worst',
      `${Math.max(0, ...samples.map(({ spoolAgeSeconds }) => spoolAgeSeconds)).toFixed(1)} s`,
    ],
    ['backlog at worst', mb(Math.max(0, ...samples.map(({ backlogBytes }) => backlogBytes)))],
    [
      'longest the disk let the spool wait within two seconds',
      run.diskWaitsMs.length > 0 ? `${Math.max(...run.diskWaitsMs)} ms` : 'less than 200 ms',
    ],
    ['searches; refused while the database was away', `${count(answers.length)}; ${run.refused}`],
    [
      'search p50 / p95',
      `${quantile(searchMs, 0.5).toFixed(0)} / ${quantile(searchMs, 0.95).toFixed(0)} ms`,
    ],
    ['CPU µs/msg by thread', run.cpuText],
    ['PostgreSQL µs/msg, since its restart', run.databaseUs.toFixed(2)],
    ['sender', run.senderText],
  ]
}

/** Medians of two quarters: a peak says nothing about growth. */
function memoryText(samples: readonly Sample[]): string {
  const bytes = samples.map(({ residentBytes }) => residentBytes)
  const quarter = Math.ceil(bytes.length / 4)
  // The first eighth is warming up.
  const early = quantile(bytes.slice(quarter / 2, quarter + quarter / 2), 0.5)
  const late = quantile(bytes.slice(-quarter), 0.5)
  const percent = (100 * (late - early)) / early
  return `${mb(early)}, ${mb(late)} (${percent >= 0 ? '+' : ''}${percent.toFixed(0)} %), ${mb(Math.max(...bytes))}`
}

export function sustainedGraph({ run, rate }: SustainedOutcome): GraphOptions {
  const { samples, answers, events, runSeconds } = run
  const minute = (seconds: number) => seconds / 60
  const of = (value: (sample: Sample) => number) =>
    samples.map((sample) => [minute(sample.at), value(sample)] as const)
  const perSecond = (value: (sample: Sample) => number) =>
    samples.slice(1).map((sample, i) => {
      const before = samples[i]!
      return [minute(sample.at), (value(sample) - value(before)) / (sample.at - before.at)] as const
    })
  const k = (value: number) => `${(value / 1_000).toFixed(0)} k/s`
  return {
    title: `${count(rate)} messages a second for ${minute(runSeconds).toFixed(0)} minutes`,
    xTitle: 'minutes',
    xText: (x) => x.toFixed(1),
    events: events.map(({ at, name }) => ({ at: minute(at), name })),
    panels: [
      {
        title: 'Rate',
        text: k,
        series: [
          { name: 'received', points: perSecond(({ received }) => received) },
          { name: 'stored', points: perSecond(({ stored }) => stored) },
        ],
      },
      {
        title: 'Spool age',
        text: (s) => `${s.toFixed(1)} s`,
        series: [{ name: 'age', points: of(({ spoolAgeSeconds }) => spoolAgeSeconds) }],
      },
      {
        title: 'Spool backlog',
        text: mb,
        series: [{ name: 'backlog', points: of(({ backlogBytes }) => backlogBytes) }],
      },
      {
        title: 'Resident memory',
        text: mb,
        series: [{ name: 'resident', points: of(({ residentBytes }) => residentBytes) }],
      },
      {
        title: 'Search p95',
        text: (ms) => `${ms.toFixed(0)} ms`,
        series: [{ name: 'p95', points: searchP95(answers, runSeconds) }],
      },
    ],
  }
}

function searchP95(answers: SustainedRun['answers'], runSeconds: number) {
  const step = runSeconds / COLUMNS
  return Array.from({ length: COLUMNS }, (_, i) => {
    const inside = answers.filter(([at]) => at >= i * step && at < (i + 1) * step)
    return [
      ((i + 0.5) * step) / 60,
      quantile(
        inside.map(([, ms]) => ms),
        0.95,
      ),
    ] as const
  })
}
