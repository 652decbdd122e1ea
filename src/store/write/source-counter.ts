// Who sends: one line per agent address, transport and capture id. Addresses of UDP packets can be
// forged, so what one batch may add has a limit; beyond it everything counts under '*'.
import type { SpoolRecord } from '#spool'
import type { Traced } from './trace.ts'

const SOURCES_MAX = 1_000

export interface SourceCounts {
  readonly peerIp: string
  readonly transport: string
  readonly captureId: number
  readonly capturedBy: string
  readonly hepVersion: number
  packets: number
  bytes: number
  rejected: number
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
    source.bytes += record.bytes.length
    if (record.bytes.length > source.largestBytes) source.largestBytes = record.bytes.length
    if (agentUs > 0) source.clockSkewMs = Math.round((record.receivedUs - agentUs) / 1000)
    if (record.receivedUs > source.lastUs) source.lastUs = record.receivedUs
  }

  /** A frame that was refused: what it claims about its sender is not looked at. */
  reject(record: SpoolRecord): void {
    const { peerIp, transport } = record
    const source = this.#source(record, {
      peerIp,
      transport,
      captureId: 0,
      capturedBy: '',
      hepVersion: 0,
    })
    source.rejected += 1
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
      ...{ packets: 0, bytes: 0, rejected: 0, clockSkewMs: 0, largestBytes: 0 },
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
