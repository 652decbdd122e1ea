// What a HEP frame says, whichever version it came in. One object per packet, no object per chunk.
// Facts: HEP v3 draft (sipcapture), OpenSIPS and Kamailio sources; traps in docs/hep.md.
import type { RejectReason } from '#ledger'

/** HEP protocol types (chunk 11) that Calliope knows by name; any other number is kept as it is. */
export const PROTOCOL = {
  sip: 1,
  rtp: 4,
  rtcp: 5,
  rtpagent: 34,
  rtcpxr: 35,
  horaclifix: 38,
  dns: 53,
  isup: 54,
  log: 100,
} as const

export interface HepPacket {
  readonly kind: 'packet'
  readonly version: 1 | 2 | 3
  /** 2 = IPv4, 10 = IPv6 (chunk 1; the numbers are Linux's AF_INET and AF_INET6). */
  readonly ipFamily: number
  /** IANA number: 6 TCP, 17 UDP, 22 used by Kamailio for TLS and WebSocket, 132 SCTP. */
  readonly ipProtocol: number
  /** Addresses as text, IPv6 as RFC 5952 writes it; empty when the frame carries none. */
  readonly srcIp: string
  readonly dstIp: string
  readonly srcPort: number
  readonly dstPort: number
  /** The agent's clock in microseconds since 1970; 0 when the frame carries none (v1, or zero). */
  readonly atUs: number
  readonly protocolType: number
  readonly captureId: number
  /** Chunk 19: the agent's node name; empty when absent. */
  readonly captureNode: string
  /** Chunk 17; empty when absent. */
  readonly correlationId: string
  /** Chunk 14. Never stored, never logged. */
  readonly authKey: string
  readonly vlan: number
  /** Chunk 15, or chunk 16 inflated: a view into the frame where possible. */
  readonly payload: Buffer
  /** Every other chunk as it came: vendor chunks, and generic ones no column exists for. */
  readonly extras: readonly HepChunk[]
}

export interface HepChunk {
  readonly vendor: number
  readonly type: number
  readonly body: Buffer
}

/** A frame that is not HEP, with the byte where that became clear. */
export interface MalformedHep {
  readonly kind: 'malformed'
  readonly reason: RejectReason
  /** Offset of the failing byte in the frame. */
  readonly offset: number
  /** One sentence for a person: what was expected there and what stood there. */
  readonly detail: string
}

/** Largest frame: the length field is 16 bits. */
export const FRAME_BYTES_MAX = 65_535
