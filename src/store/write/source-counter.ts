// Who sends: one line per agent address, transport and capture id. Addresses of UDP packets can be
// forged, so what one batch may add has a limit; beyond it everything counts under '*'.
//
// Also what may be wrong with it: frames sent twice (two with one time and one length), frames too
// large for the path, and SIP that ends before its Content-Length says.
import type { RejectReason } from '#ledger'
import { headerValue, type TracedMessage } from '#sip'
import type { SpoolRecord } from '#spool'
import { RepeatedFrames } from './repeated-frames.ts'

const SOURCES_MAX = 1_000
const RECENT = 8
/** Frames above this are cut or lost where the path takes 1,500 bytes less some tunnel. */
const LARGE_BYTES = 1_300
const MINUTE_US = 60_000_000
/** Shorter frames are not looked at: nothing on the way cuts those. */
const CUT_BYTES_MIN = 1_000

export interface SourceCounts {
  readonly peerIp: string
  readonly transport: string
  readonly captureId: number
  readonly capturedBy: string
  readonly hepVersion: number
  packets: number
  bytes: number
  rejected: number
  readonly reasons: Partial<Record<RejectReason, number>>
  duplicates: number
  truncated: number
  large: number
  clockSkewMs: number
  largestBytes: number
  firstUs: number
  lastUs: number
  /** Packets by minute (µs since 1970). */
  readonly minutes: Map<number, number>
  /** The minute that is being counted, and its packets. */
  minuteUs: number
  minutePackets: number
}

type SourceKey = Pick<
  SourceCounts,
  'peerIp' | 'transport' | 'captureId' | 'capturedBy' | 'hepVersion'
>

/** Who sent a frame, and when it came. */
type Sender = Pick<SpoolRecord, 'peerIp' | 'transport' | 'receivedUs'>

export class SourceCounter {
  #sources = new Map<string, SourceCounts>()
  readonly #repeated = new RepeatedFrames()
  /** Agents' frames come mixed: looked through before a text is made to look one up. */
  readonly #recent = new Array<SourceCounts | undefined>(RECENT).fill(undefined)
  #recentNext = 0

  /** A frame of so many bytes that carried a message, or as much of it as the way let pass. */
  count(
    from: Sender,
    length: number,
    { captureId, captureNode }: Pick<TracedMessage, 'captureId' | 'captureNode'>,
    agentUs: number,
    hepVersion: number,
    isCut = false,
  ): void {
    const source = this.#source(from, captureId, captureNode, hepVersion)
    const { receivedUs } = from
    if (!(receivedUs >= source.minuteUs && receivedUs < source.minuteUs + MINUTE_US))
      turnMinute(source, receivedUs)
    source.minutePackets += 1
    source.packets += 1
    source.bytes += length
    if (length > LARGE_BYTES) source.large += 1
    if (isCut && length >= CUT_BYTES_MIN) source.truncated += 1
    if (agentUs > 0 && this.#repeated.isRepeat(agentUs, length)) source.duplicates += 1
    if (length > source.largestBytes) source.largestBytes = length
    if (agentUs > 0) source.clockSkewMs = Math.round((from.receivedUs - agentUs) / 1000)
    if (from.receivedUs > source.lastUs) source.lastUs = from.receivedUs
  }

  /** A frame that was refused: what it claims about its sender is not looked at. */
  reject(from: Sender, reason: RejectReason): void {
    const source = this.#source(from, 0, '', 0)
    source.rejected += 1
    source.reasons[reason] = (source.reasons[reason] ?? 0) + 1
    if (from.receivedUs > source.lastUs) source.lastUs = from.receivedUs
  }

  /** All of them since the last time, in an order that is the same on every node. */
  take(): readonly SourceCounts[] {
    const taken = [...this.#sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, counts]) => counts)
    for (const source of taken) turnMinute(source, Number.NaN)
    this.#sources = new Map()
    this.#recent.fill(undefined)
    return taken
  }

  #source(
    { peerIp, transport, receivedUs }: Sender,
    captureId: number,
    capturedBy: string,
    hepVersion: number,
  ): SourceCounts {
    for (const source of this.#recent) {
      if (source === undefined) break
      if (
        source.captureId === captureId &&
        source.peerIp === peerIp &&
        source.transport === transport &&
        source.capturedBy === capturedBy &&
        source.hepVersion === hepVersion
      ) {
        return source
      }
    }
    const key = { peerIp, transport, captureId, capturedBy, hepVersion }
    const source = this.#find(receivedUs, key)
    this.#recent[this.#recentNext++ % RECENT] = source
    return source
  }

  #find(receivedUs: number, key: SourceKey): SourceCounts {
    const { peerIp, transport, captureId, capturedBy, hepVersion } = key
    const text = `${peerIp} ${transport} ${captureId} ${hepVersion} ${capturedBy}`
    const known = this.#sources.get(text)
    if (known !== undefined) return known
    if (this.#sources.size >= SOURCES_MAX && peerIp !== '*') {
      return this.#find(receivedUs, { ...key, peerIp: '*', captureId: 0, capturedBy: '' })
    }
    const counts = {
      ...{ peerIp, transport, captureId, capturedBy, hepVersion },
      ...{ packets: 0, bytes: 0, rejected: 0, reasons: {}, clockSkewMs: 0, largestBytes: 0 },
      ...{ duplicates: 0, truncated: 0, large: 0 },
      ...{ firstUs: receivedUs, lastUs: receivedUs },
      ...{ minutes: new Map<number, number>(), minuteUs: Number.NaN, minutePackets: 0 },
    }
    this.#sources.set(text, counts)
    return counts
  }
}

/** Puts away what was counted of a minute and begins another. */
function turnMinute(source: SourceCounts, us: number): void {
  const { minutes, minuteUs, minutePackets } = source
  if (minutePackets > 0) minutes.set(minuteUs, (minutes.get(minuteUs) ?? 0) + minutePackets)
  source.minuteUs = us - (us % MINUTE_US)
  source.minutePackets = 0
}

/** Whether the body is shorter than the message says. */
export function isCutShort({ sip, payload }: TracedMessage): boolean {
  if (sip === undefined) return false
  const said = headerValue(payload, 'content-length')
  return said !== undefined && payload.length - sip.bodyAt < Number.parseInt(said, 10)
}
