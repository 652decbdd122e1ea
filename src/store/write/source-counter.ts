// Who sends: one line per agent address, transport and capture id. Addresses of UDP packets can be
// forged, so what one batch may add has a limit; beyond it everything counts under '*'.
//
// Also what may be wrong with it: frames sent twice (two with one time and one length), frames too
// large for the path, and SIP that ends before its Content-Length says.
import type { RejectReason } from '#ledger'
import { headerValue, type TracedMessage } from '#sip'
import type { SpoolRecord } from '#spool'
import { RepeatedFrames } from './repeated-frames.ts'
import type { Traced } from './trace.ts'

const SOURCES_MAX = 1_000
/** Frames above this are cut or lost where the path takes 1,500 bytes less some tunnel. */
const LARGE_BYTES = 1_300
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
}

type SourceKey = Pick<
  SourceCounts,
  'peerIp' | 'transport' | 'captureId' | 'capturedBy' | 'hepVersion'
>

export class SourceCounter {
  #sources = new Map<string, SourceCounts>()
  readonly #repeated = new RepeatedFrames()
  #last: SourceCounts | undefined

  /** A frame that carried a message. */
  count(record: SpoolRecord, { message, agentUs, hepVersion }: Traced): void {
    const { captureId, captureNode } = message
    const source = this.#source(record, {
      peerIp: record.peerIp,
      transport: record.transport,
      captureId,
      capturedBy: captureNode,
      hepVersion,
    })
    source.packets += 1
    const { length } = record.bytes
    source.bytes += length
    if (length > LARGE_BYTES) source.large += 1
    if (length >= CUT_BYTES_MIN && isCut(message)) source.truncated += 1
    if (agentUs > 0 && this.#repeated.isRepeat(agentUs, length)) source.duplicates += 1
    if (length > source.largestBytes) source.largestBytes = length
    if (agentUs > 0) source.clockSkewMs = Math.round((record.receivedUs - agentUs) / 1000)
    if (record.receivedUs > source.lastUs) source.lastUs = record.receivedUs
  }

  /** A frame that was refused: what it claims about its sender is not looked at. */
  reject(record: SpoolRecord, reason: RejectReason): void {
    const { peerIp, transport } = record
    const source = this.#source(record, {
      peerIp,
      transport,
      captureId: 0,
      capturedBy: '',
      hepVersion: 0,
    })
    source.rejected += 1
    source.reasons[reason] = (source.reasons[reason] ?? 0) + 1
    if (record.receivedUs > source.lastUs) source.lastUs = record.receivedUs
  }

  /** All of them since the last time, in an order that is the same on every node. */
  take(): readonly SourceCounts[] {
    const taken = [...this.#sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, counts]) => counts)
    this.#sources = new Map()
    this.#last = undefined
    return taken
  }

  #source({ receivedUs }: SpoolRecord, key: SourceKey): SourceCounts {
    if (this.#last !== undefined && isSame(this.#last, key)) return this.#last
    this.#last = this.#find(receivedUs, key)
    return this.#last
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
    }
    this.#sources.set(text, counts)
    return counts
  }
}

function isSame(a: SourceKey, b: SourceKey): boolean {
  return (
    a.peerIp === b.peerIp &&
    a.captureId === b.captureId &&
    a.transport === b.transport &&
    a.capturedBy === b.capturedBy &&
    a.hepVersion === b.hepVersion
  )
}

/** Whether the body is shorter than the message says. */
function isCut({ sip, payload }: TracedMessage): boolean {
  if (sip === undefined) return false
  const said = headerValue(payload, 'content-length')
  return said !== undefined && payload.length - sip.bodyAt < Number.parseInt(said, 10)
}
