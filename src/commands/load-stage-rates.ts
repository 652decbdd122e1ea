// `--stages 5,10,500/s,20k/s`: multiples of --rate, or rates of their own.
import type { kinds } from '#config'
import { STAGES_MAX } from '#fleet'

/** A stage as written: times --rate, or by itself. */
export interface StageRate {
  readonly value: number
  readonly isAbsolute: boolean
}

const UNITS: Record<string, number> = { '': 1, k: 1e3, m: 1e6 }
const RATE_MAX = 10_000_000

export const stageRates: kinds.Kind<readonly StageRate[]> = {
  placeholder: 'RATE,…',
  repeats: true,
  parse: (raw) => {
    const words = String(raw).split(',')
    const rates = words.map((word) => {
      const match = /^(\d+(?:\.\d+)?)([km]?)(\/s)?$/i.exec(word.trim())
      const value = Number(match?.[1]) * UNITS[(match?.[2] ?? '').toLowerCase()]!
      return { value, isAbsolute: match?.[3] !== undefined }
    })
    const areGood = rates.every(({ value }) => value > 0 && value <= RATE_MAX)
    return areGood && rates.length <= STAGES_MAX
      ? { value: rates }
      : { allowed: `up to ${STAGES_MAX} stages such as 5,10,15,20 (times --rate) or 500/s,20k/s` }
  },
}

/** Packets per second of each stage; a rate of 0 (as fast as it goes) has no multiples and counts as 1. */
export const ratesOf = (stages: readonly StageRate[], rate: number): number[] =>
  stages.map(({ value, isAbsolute }) => (isAbsolute ? value : value * (rate || 1)))
