// The flags of `npm run bench`, the same for every benchmark; each reads those it knows.
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Tiny sizes, nothing written: does it still run? */
  readonly isQuick: boolean
  /** Written to docs/benchmarks.md only when false. */
  readonly isTrial: boolean
  /** How many, where a benchmark wants one number. */
  readonly messages: number
  /** The same, where it wants to see what grows. */
  readonly sizes: readonly number[]
  readonly gb: number
  /** Length of one step of a ramp. */
  readonly seconds: number
  /** Of the sustained run. */
  readonly minutes: number
  /** Of kills. */
  readonly rounds: number
  /** Messages a second, where a benchmark wants one rate; undefined: its own. */
  readonly rate: number | undefined
  /** Messages a second, one step of a ramp each. */
  readonly rates: readonly number[] | undefined
  /** A ramp ends when it knows the limit to this share of it. */
  readonly closeness: number
  /** How often a step that lost something is tried again before the ramp goes down. */
  readonly again: number
  /** Another capture server, with {udp} and {database} to be filled in. */
  readonly peer: string | undefined
  /** What the peer and its settings are called in the table. */
  readonly peerName: string
  readonly peerRates: readonly number[]
  /** Calls whose messages come close together, or 30 s of calls at once. */
  readonly traffic: 'whole' | 'spread'
  /** The kernel cuts the sender's datagrams apart (datagrams.ts). */
  readonly offload: boolean
  /** A step whose messages are not all stored soon after the last is as bad as one that lost some. */
  readonly mustKeepUp: boolean
  readonly shards: number
  /** More flags for `calliope capture`. */
  readonly flags: readonly string[]
}

const FLAGS = {
  quick: { type: 'boolean', default: false },
  trial: { type: 'boolean', default: false },
  messages: { type: 'string' },
  gb: { type: 'string', default: '10' },
  seconds: { type: 'string' },
  minutes: { type: 'string', default: '10' },
  rounds: { type: 'string', default: '100' },
  rate: { type: 'string' },
  rates: { type: 'string' },
  closeness: { type: 'string', default: '0.04' },
  again: { type: 'string', default: '1' },
  peer: { type: 'string' },
  'peer-name': { type: 'string' },
  'peer-rates': { type: 'string', default: '2k,4k,6k,8k,10k,12k,15k,20k,25k,30k,40k' },
  traffic: { type: 'string', default: 'whole' },
  offload: { type: 'boolean', default: false },
  'keep-up': { type: 'boolean', default: false },
  shards: { type: 'string', default: '1' },
  flags: { type: 'string', default: '' },
} as const

export function readOptions(argv: readonly string[]): { names: string[]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: FLAGS,
  })
  const isQuick = values.quick
  const list = (text: string) => text.split(',').map(amount)
  const sizes = isQuick ? [5_000, 10_000] : list(values.messages ?? '1M,10M,50M')
  return {
    names: positionals,
    options: {
      isQuick,
      isTrial: isQuick || values.trial,
      messages: isQuick ? 10_000 : values.messages === undefined ? 10e6 : sizes[0]!,
      sizes,
      gb: isQuick ? 0.005 : amount(values.gb),
      seconds: amount(values.seconds ?? (isQuick ? '0.5' : '10')),
      minutes: isQuick ? 0.04 : amount(values.minutes),
      rounds: isQuick ? 1 : amount(values.rounds),
      rate: isQuick ? 3_000 : values.rate === undefined ? undefined : amount(values.rate),
      rates: isQuick ? [5_000] : values.rates === undefined ? undefined : list(values.rates),
      closeness: amount(values.closeness),
      again: amount(values.again),
      peer: values.peer,
      peerName: values['peer-name'] ?? values.peer ?? '',
      peerRates: list(values['peer-rates']),
      traffic: values.traffic === 'spread' ? 'spread' : 'whole',
      offload: values.offload,
      mustKeepUp: values['keep-up'],
      shards: amount(values.shards),
      flags: values.flags.split(' ').filter(Boolean),
    },
  }
}

/** '10M' and '1e7' → 10,000,000. */
function amount(text: string): number {
  const found = /^(\d+(?:\.\d+)?(?:e\d+)?)([kM]?)$/.exec(text)
  if (found === null) throw new Error(`${text}: a number is wanted, such as 200k or 10M`)
  return Number(found[1]) * (found[2] === 'k' ? 1e3 : found[2] === 'M' ? 1e6 : 1)
}
