// The E-model (ITU-T G.107, narrowband): from loss and delay to the rating R, 0 to 100, and from that to
// MOS, 1 to 4.5: what people would say of the call. Every parameter that no report tells is left at the
// default of G.107 table 2, with which the noise and loudness terms are constants:
//
//   R = Ro − Is − Id − Ie,eff          Ro 94.77 signal to noise, Is 1.41 loudness, sidetone …
//                    │      └─ codec and loss: (Ie, Bpl) of the codec, G.113 appendix I
//                    └──────── delay: echo of the talker, of the listener, and delay itself
//
// Codecs that G.113 knows nothing of, and those wider than the telephone band (the narrowband scale has no
// room for what they gain), count as G.711 with concealment of losses.

const RO = 94.7688
const IS = 1.4136
/** Talker echo loudness rating: echo cancelled as it should be. */
const TELR_DB = 65
/** Weighted echo path loss, round the listener's end. */
const WEPL_DB = 110

interface Codec {
  /** Equipment impairment without loss. */
  readonly ie: number
  /** Robustness against loss, in percent. */
  readonly bpl: number
}

const G711: Codec = { ie: 0, bpl: 25.1 }
const CODECS: Readonly<Record<string, Codec>> = {
  G729: { ie: 11, bpl: 19 }, // with voice activity detection, annexes A and B
  G723: { ie: 15, bpl: 16.1 }, // 6.3 kbit/s
  'GSM-EFR': { ie: 5, bpl: 10 },
  AMR: { ie: 5, bpl: 10 }, // 12.2 kbit/s is GSM-EFR
}

/** What somebody measured of a stream. */
export interface StreamMeasure {
  /** 0 to 1. */
  readonly lossShare: number
  readonly jitterMs: number
  /** @default 0: not known */
  readonly roundTripMs?: number | undefined
  /** 'G729', 'PCMA/8000' … @default G.711 */
  readonly codec?: string | undefined
}

/**
 * MOS of a stream by what was measured of it. A jitter buffer is taken to hold twice the jitter, so
 * jitter counts as delay.
 */
export function mosOfStream(measure: StreamMeasure): number {
  return mosOf(ratingOfStream(measure))
}

/** R of a stream by what was measured of it. */
export function ratingOfStream({
  lossShare,
  jitterMs,
  roundTripMs = 0,
  codec = '',
}: StreamMeasure): number {
  return ratingOf(lossShare * 100, roundTripMs / 2 + jitterMs * 2, codec)
}

/** R by random loss in percent and one-way delay. */
export function ratingOf(lossPercent: number, delayMs: number, codec = ''): number {
  return RO - IS - delayImpairment(delayMs) - lossImpairment(lossPercent, codec)
}

/** MOS of a rating, G.107 annex B. */
export function mosOf(rating: number): number {
  if (rating <= 0) return 1
  if (rating >= 100) return 4.5
  const mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6
  return Math.max(1, mos) // the polynomial dips below 1 near 0
}

/** The rating that has such a MOS: annex B backwards, by halving, as it rises all the way. */
export function ratingOfMos(mos: number): number {
  let [low, high] = [RATING_DIP, 100]
  while (high - low > 0.01) {
    const middle = (low + high) / 2
    if (mosOf(middle) < mos) low = middle
    else high = middle
  }
  return Math.round(high * 10) / 10
}

/** Below, the polynomial of annex B falls while R rises. */
const RATING_DIP = 6.5

/** Ie,eff for random loss. */
function lossImpairment(lossPercent: number, codec: string): number {
  const name = codec.split('/')[0]!.toUpperCase()
  const { ie, bpl } = Object.hasOwn(CODECS, name) ? CODECS[name]! : G711
  return ie + ((95 - ie) * lossPercent) / (lossPercent + bpl)
}

/** Id = Idte + Idle + Idd, with T = Ta = Tr / 2. */
function delayImpairment(delayMs: number): number {
  return talkerEcho(delayMs) + listenerEcho(delayMs * 2) + pureDelay(delayMs)
}

function talkerEcho(ms: number): number {
  const masking =
    TELR_DB - 40 * Math.log10((1 + ms / 10) / (1 + ms / 150)) + 6 * Math.exp(-0.3 * ms * ms)
  const half = (RO - (80 + 2.5 * (masking - 14))) / 2
  return (half + Math.sqrt(half * half + 100) - 1) * (1 - Math.exp(-ms))
}

function listenerEcho(roundTripMs: number): number {
  const rating = 10.5 * (WEPL_DB + 7) * (roundTripMs + 1) ** -0.25
  const half = (RO - rating) / 2
  return half + Math.sqrt(half * half + 169)
}

/** Nothing up to 100 ms: people do not notice. */
function pureDelay(ms: number): number {
  if (ms <= 100) return 0
  const x = Math.log2(ms / 100)
  return 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
}
