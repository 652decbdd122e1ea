// The targets (design, section 9) and what the benchmarks' own figures say to each.
import { count, type Row } from './table.ts'

/** What a part measured, by name. */
export interface Figure {
  readonly value: number
  /** The conditions, where they decide whether it counts: '60 s a step'. */
  readonly how?: string
  /** Anything that makes the target missed whatever the value is. */
  readonly fault?: string
  readonly at?: string
}

export type Figures = Readonly<Record<string, Figure>>

interface Target {
  readonly what: string
  readonly key: string
  readonly wanted: number
  readonly isAtLeast?: boolean
  readonly unit: string
}

const OFFLOAD = ', offloading sender'
const UDP = 'UDP, 738-byte SIP, one sender, one shard, spooled'
const PATH = 'end to end into PostgreSQL, none lost'
const TARGETS: readonly Target[] = [
  { what: UDP, key: 'intake.even', wanted: 300_000, isAtLeast: true, unit: '/s' },
  { what: UDP + OFFLOAD, key: 'intake.even.offload', wanted: 300_000, isAtLeast: true, unit: '/s' },
  { what: PATH, key: 'pipeline.whole', wanted: 200_000, isAtLeast: true, unit: '/s' },
  {
    what: PATH + OFFLOAD,
    key: 'pipeline.whole.offload',
    wanted: 200_000,
    isAtLeast: true,
    unit: '/s',
  },
  {
    what: 'beyond the design: the same, stored as fast as it comes',
    key: 'pipeline.whole.keptup',
    wanted: 200_000,
    isAtLeast: true,
    unit: '/s',
  },
  {
    what: 'beyond the design: the same, offloading sender',
    key: 'pipeline.whole.offload.keptup',
    wanted: 200_000,
    isAtLeast: true,
    unit: '/s',
  },
  {
    what: 'none lost, beside heplify-server',
    key: 'pipeline.ratio',
    wanted: 10,
    isAtLeast: true,
    unit: ' ×',
  },
  { what: 'HEP + SIP decode', key: 'decode', wanted: 0.6, unit: ' µs' },
  {
    what: 'database bytes per message, seven-message calls',
    key: 'bytes.whole',
    wanted: 120,
    unit: ' B',
  },
  {
    what: 'database bytes per message, spread over batches: the newest partitions',
    key: 'bytes.spread',
    wanted: 250,
    unit: ' B',
  },
  {
    what: 'the same, all others: merged when they are over',
    key: 'bytes.spread.merged',
    wanted: 250,
    unit: ' B',
  },
  { what: 'resident memory of capture at 100 k msg/s', key: 'memory', wanted: 150, unit: ' MB' },
  { what: 'call by id, p95', key: 'search.callid', wanted: 20, unit: ' ms' },
  { what: 'by number over 24 h, p95', key: 'search.number', wanted: 100, unit: ' ms' },
  { what: 'call page data, p95', key: 'search.page', wanted: 50, unit: ' ms' },
  { what: 'visible in search, p99', key: 'visible', wanted: 2_000, unit: ' ms' },
  {
    what: 'kill −9 under load, nothing lost or stored twice',
    key: 'kills',
    wanted: 100,
    isAtLeast: true,
    unit: ' rounds',
  },
  { what: 'fresh clone to first call on screen', key: 'fresh', wanted: 60, unit: ' s' },
]

/** One row a target. */
export function targetRows(figures: Figures): Row[] {
  return TARGETS.map((target) => rowOf(target, figures[target.key]))
}

/** 'target ≤ 20 ms: met' for a benchmark's own table; '' when the figure has no target. */
export function verdictOn(key: string, figure: Figure): string {
  const target = TARGETS.find((each) => each.key === key)
  return target ? `${wantedText(target)}: ${isMet(target, figure) ? 'met' : 'not met'}` : ''
}

const wantedText = ({ isAtLeast, wanted, unit }: Target): string =>
  `${isAtLeast ? '≥' : '≤'} ${numberText(wanted)}${unit}`

const isMet = ({ isAtLeast, wanted }: Target, { value, fault }: Figure): boolean =>
  fault === undefined && (isAtLeast ? value >= wanted : value <= wanted)

function rowOf(target: Target, figure: Figure | undefined): Row {
  if (figure === undefined) return [target.what, wantedText(target), 'not measured', '', '', '']
  const { value, how = '', fault, at = '' } = figure
  return [
    target.what,
    wantedText(target),
    `${numberText(value)}${target.unit}`,
    isMet(target, figure) ? 'yes' : '**no**',
    [how, fault].filter(Boolean).join('; '),
    at.slice(0, 16).replace('T', ' '),
  ]
}

const numberText = (value: number): string =>
  value >= 1_000 ? count(value) : String(Math.round(value * 100) / 100)
