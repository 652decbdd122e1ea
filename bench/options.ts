// The flags of `npm run bench`, the same for every benchmark; each reads those it knows.
import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** Tiny sizes, nothing written: does it still run? */
  readonly isQuick: boolean
  readonly messages: number
  readonly gb: number
  /** Length of one step of a ramp. */
  readonly seconds: number
  /** Packets per second, one step each. */
  readonly rates: readonly number[]
  /** Another capture server, with {udp} and {database} to be filled in. */
  readonly peer: string | undefined
  /** What the peer and its settings are called in the table. */
  readonly peerName: string
  readonly peerRates: readonly number[]
  /** Calls whose messages come close together, or 30 s of calls at once. */
  readonly traffic: 'whole' | 'spread'
  readonly shards: number
  /** More flags for `calliope capture`. */
  readonly flags: readonly string[]
  /** How often a step that lost something is tried again before the ramp ends. */
  readonly again: number
  /** Written to docs/benchmarks.md. */
  readonly isTrial: boolean
}

const RATES = '50k,100k,125k,150k,175k,200k,225k,250k,275k,300k,350k,400k'

export function readOptions(argv: readonly string[]): { names: string[]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      trial: { type: 'boolean', default: false },
      messages: { type: 'string', default: '1M' },
      gb: { type: 'string', default: '10' },
      seconds: { type: 'string' },
      rates: { type: 'string' },
      peer: { type: 'string' },
      'peer-name': { type: 'string' },
      'peer-rates': { type: 'string' },
      traffic: { type: 'string', default: 'whole' },
      shards: { type: 'string', default: '1' },
      flags: { type: 'string', default: '' },
      again: { type: 'string', default: '1' },
    },
  })
  const isQuick = values.quick
  const rates = (text: string) => text.split(',').map(amount)
  return {
    names: positionals,
    options: {
      isQuick,
      messages: isQuick ? 20_000 : amount(values.messages),
      gb: isQuick ? 0.01 : amount(values.gb),
      seconds: amount(values.seconds ?? (isQuick ? '1' : '10')),
      rates: rates(values.rates ?? (isQuick ? '5k' : RATES)),
      peer: values.peer,
      peerName: values['peer-name'] ?? values.peer ?? '',
      peerRates: rates(values['peer-rates'] ?? '2k,4k,6k,8k,10k,12k,15k,20k,25k,30k,40k'),
      traffic: values.traffic === 'spread' ? 'spread' : 'whole',
      shards: amount(values.shards),
      flags: values.flags.split(' ').filter(Boolean),
      again: amount(values.again),
      isTrial: isQuick || values.trial,
    },
  }
}

/** '10M' → 10,000,000. */
function amount(text: string): number {
  const found = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text)
  if (found === null) throw new Error(`${text}: a number is wanted, such as 200k or 10M`)
  return Number(found[1]) * (found[2] === 'k' ? 1e3 : found[2] === 'M' ? 1e6 : 1)
}
