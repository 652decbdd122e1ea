// What ends said of the media they received, as series over time: RTCP reports that agents send as JSON
// (HEP type 5), and the statistics phones put into headers of their BYE (X-RTP-Stat, P-RTP-Stat).
//
// Jitter is in units of the media clock; shown in milliseconds by the clock of the codec that was agreed
// on, else by 8 kHz, which telephony mostly has.
import type { CallDetail, CallMessage } from '#contract'
import { sessionOf } from './session-notes.ts'
import { readSipText } from './sip-text.ts'

/** One stream as its receiver reports it. */
export interface MediaStream {
  readonly ssrc: number
  /** Who reports, to whom. */
  readonly from: string
  readonly to: string
  /** Seconds since 1970. */
  readonly times: readonly number[]
  readonly jitterMs: readonly (number | null)[]
  readonly lossPercent: readonly (number | null)[]
  readonly roundTripMs: readonly (number | null)[]
}

/** What a phone summed up at the end. */
export interface EndReport {
  readonly host: string
  readonly header: string
  /** Names as people know them, values as sent. */
  readonly values: readonly (readonly [string, string])[]
}

const CLOCK_HZ = 8_000
const STREAMS_MAX = 32

interface Block {
  readonly ssrc: number
  readonly lossPercent: number | null
  readonly jitter: number | null
  readonly roundTripMs: number | null
}

/** Every stream somebody reported about, in the order they appear. */
export function mediaStreams(call: CallDetail): readonly MediaStream[] {
  const streams = new Map<string, { [Key in keyof MediaStream]: MediaStream[Key] }>()
  const perMs = clockOf(call) / 1000
  for (const message of call.messages) {
    for (const block of reportBlocks(message)) {
      const key = `${message.src.ip} ${message.dst.ip} ${block.ssrc}`
      if (!streams.has(key) && streams.size >= STREAMS_MAX) continue
      const known = streams.get(key) ?? emptyStream(message, block)
      const jitterMs = block.jitter === null ? null : block.jitter / perMs
      streams.set(key, {
        ...known,
        times: [...known.times, Date.parse(message.at) / 1000],
        jitterMs: [...known.jitterMs, jitterMs],
        lossPercent: [...known.lossPercent, block.lossPercent],
        roundTripMs: [...known.roundTripMs, block.roundTripMs],
      })
    }
  }
  return [...streams.values()]
}

const emptyStream = ({ src, dst }: CallMessage, { ssrc }: Block): MediaStream => ({
  ...{ ssrc, from: src.ip, to: dst.ip, times: [], jitterMs: [], lossPercent: [] },
  roundTripMs: [],
})

/** 'loss 2 %, jitter 12' for a report; '' for anything else. */
export function reportText(message: CallMessage): string {
  const blocks = reportBlocks(message)
  if (blocks.length === 0) return ''
  const loss = Math.max(...blocks.map(({ lossPercent }) => lossPercent ?? 0))
  const jitter = Math.max(...blocks.map(({ jitter }) => jitter ?? 0))
  return `loss ${Number(loss.toFixed(1))} %, jitter ${jitter}`
}

function reportBlocks({ protocol, raw, at }: CallMessage): readonly Block[] {
  if (protocol !== 5 || !raw.startsWith('{')) return []
  const json = readJson(raw)
  const blocks = Array.isArray(json?.report_blocks) ? json.report_blocks : []
  return blocks.slice(0, STREAMS_MAX).flatMap((block: unknown) => {
    if (typeof block !== 'object' || block === null) return []
    return [readBlock(block as Readonly<Record<string, unknown>>, at)]
  })
}

function readBlock(block: Readonly<Record<string, unknown>>, at: string): Block {
  const fraction = numberOf(block.fraction_lost)
  return {
    ssrc: numberOf(block.source_ssrc) ?? 0,
    lossPercent: fraction === null ? null : Math.min(100, Math.max(0, (fraction / 256) * 100)),
    jitter: numberOf(block.ia_jitter),
    roundTripMs: roundTripOf(numberOf(block.lsr), numberOf(block.dlsr), at),
  }
}

/** RFC 3550 §6.4.1: A − LSR − DLSR, in 1/65536 s; null where clocks make it absurd. */
function roundTripOf(lsr: number | null, dlsr: number | null, at: string): number | null {
  if (!lsr || dlsr === null) return null
  const ntp = (((Date.parse(at) / 1000 + 2_208_988_800) % 65_536) + 65_536) % 65_536
  const ms = ((ntp * 65_536 - lsr - dlsr) / 65_536) * 1000
  return ms >= 0 && ms < 10_000 ? ms : null
}

function readJson(raw: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

function clockOf({ messages }: CallDetail): number {
  const answer = messages.findLast(
    ({ label, raw }) => label.startsWith('200') && raw.includes('v=0'),
  )
  const name =
    sessionOf(answer)?.streams.find(({ type }) => type === 'audio')?.codecs[0]?.name ?? ''
  return Number(name.split('/')[1]) || CLOCK_HZ
}

// Phones of AVM, snom, Yealink and Cisco agree on these names.
const NAMES: Readonly<Record<string, string>> = {
  ...{ PS: 'packets sent', OS: 'octets sent', PR: 'packets received', OR: 'octets received' },
  ...{ PL: 'packets lost', JI: 'jitter ms', LA: 'latency ms', DU: 'seconds', CS: 'setup ms' },
  ...{
    EN: 'encoder',
    DE: 'decoder',
    MOS: 'MOS',
    MOSLQ: 'MOS-LQ',
    MOSCQ: 'MOS-CQ',
    RLQ: 'R factor',
  },
}

/** What phones said at the end, from the headers of any message. */
export function endReports({ messages }: CallDetail): readonly EndReport[] {
  return messages.flatMap(({ raw, src, protocol }) => {
    if (protocol !== 1 || !/^(?:X|P)-RTP-Stat/im.test(raw)) return []
    return readSipText(raw)
      .headers.filter(({ name }) => /^(?:X|P)-RTP-Stat/i.test(name))
      .map(({ name, value }) => ({ host: src.ip, header: name, values: valuesOf(value) }))
  })
}

const valuesOf = (value: string): (readonly [string, string])[] =>
  [...value.matchAll(/([A-Za-z]+)=([^,;\s]+)/g)]
    .slice(0, 32)
    .map(([, name = '', given = '']) => [NAMES[name.toUpperCase()] ?? name, given])
