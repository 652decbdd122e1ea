// From what a report measured to what a person reads: a MOS that was said is believed, one that was not
// follows from R, and R from loss, jitter and delay by the E-model (G.107), where there is enough to go by.
//
//   said MOS ──────────────────────▶ mos, said        R that belongs to it, by annex B backwards
//   said R ─────────── annex B ────▶ mos, computed
//   loss, jitter, delay, codec ─ G.107 ─▶ R ─ annex B ─▶ mos, computed
import { mosOf, ratingOfMos, ratingOfStream } from './e-model.ts'
import type { StreamQuality } from './report.ts'

/** More than that is a clock that is wrong, no line: by satellite it is 600. */
const ROUND_TRIP_MS_MAX = 1_000
const JITTER_MS_MAX = 1_000
/** Telephony's clock, where no codec says another. */
const CLOCK_HZ = 8_000

/** What was measured; anything may be missing. */
export type Measured = {
  readonly [Key in Exclude<keyof StreamQuality, 'codec' | 'mosFrom' | 'side'>]?: number | undefined
} & { readonly side?: StreamQuality['side']; readonly codec?: string }

/** A stream's quality from its measures: absurd ones are left out, R and MOS filled in. */
export function streamQuality(measured: Measured): StreamQuality {
  const known = {
    side: measured.side ?? '',
    ssrc: between(measured.ssrc, 0, 2 ** 32),
    packets: between(measured.packets, 0, 1e12),
    packetsLost: between(measured.packetsLost, -1e12, 1e12),
    lossShare: between(measured.lossShare, 0, 1),
    discardShare: between(measured.discardShare, 0, 1),
    jitterMs: between(measured.jitterMs, 0, JITTER_MS_MAX),
    jitterMsMax: between(measured.jitterMsMax, 0, JITTER_MS_MAX),
    roundTripMs: between(measured.roundTripMs, 0, 10_000),
    codec: measured.codec ?? '',
  } as const
  return { ...known, ...judged(known, between(measured.mos, 1, 5), ratingBetween(measured.rating)) }
}

type Judgement = Pick<StreamQuality, 'mos' | 'rating' | 'mosFrom'>

function judged(
  known: Omit<StreamQuality, keyof Judgement>,
  mos: number | undefined,
  rating: number | undefined,
): Judgement {
  if (mos !== undefined) return { mos, rating: rating ?? ratingOfMos(mos), mosFrom: 'said' }
  if (rating !== undefined) return { mos: mosOf(rating), rating, mosFrom: 'computed' }
  const { lossShare, discardShare = 0, jitterMs = 0, roundTripMs = 0, codec } = known
  if (lossShare === undefined) return { mos: undefined, rating: undefined, mosFrom: undefined }
  const computed = ratingOfStream({
    lossShare: Math.min(1, lossShare + discardShare),
    jitterMs,
    roundTripMs: roundTripMs <= ROUND_TRIP_MS_MAX ? roundTripMs : 0,
    codec,
  })
  return { mos: mosOf(computed), rating: Math.max(0, computed), mosFrom: 'computed' }
}

const between = (value: number | undefined, min: number, max: number): number | undefined =>
  value !== undefined && value >= min && value <= max ? value : undefined

/** 0 is what senders write that know nothing; up to 120 for wideband. */
const ratingBetween = (value: number | undefined): number | undefined => {
  const rating = between(value, 0, 120)
  return rating === 0 ? undefined : rating
}

/** Milliseconds of so many ticks of the media clock that 'opus/48000' names. */
export function msOfTicks(ticks: number, codec: string): number {
  return (ticks * 1_000) / (Number(codec.split('/')[1]) || CLOCK_HZ)
}

/** Share of what was sent that got lost; undefined when nothing is known of either. */
export function shareLost(
  lost: number | undefined,
  { received, expected }: { received?: number | undefined; expected?: number | undefined },
): number | undefined {
  if (lost === undefined || lost < 0) return undefined
  const all = expected !== undefined && expected >= lost ? expected : (received ?? 0) + lost
  // Of a stream nobody received nothing is known: silence on one side has many reasons.
  return all > 0 && (received !== 0 || expected !== undefined) ? lost / all : undefined
}
