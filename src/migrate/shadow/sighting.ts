// One message as somebody recorded it, in the words that both recorders share, so that the two can be
// compared. heplify-server takes NUL and what is not UTF-8 out of payloads: here that is done to both.
import { isUtf8 } from 'node:buffer'
import type { TracedMessage } from '#sip'
import { type Homer7Row, packetOfRow } from '../homer7-row.ts'

export interface Sighting {
  readonly atUs: number
  readonly hepType: number
  readonly src: string
  readonly dst: string
  /** SIP's Call-ID, else the correlation id. */
  readonly callId: string
  readonly correlationId: string
  /** Name of the agent, or its number. */
  readonly node: string
  /** Of the payload; equal ones are taken for the same. */
  readonly digest: bigint
  readonly payloadBytes: number
  /** First line of it. */
  readonly label: string
  /** Calliope did not believe the agent's clock. */
  readonly clockClamped: boolean
  /** SIP that was understood as such; true for what is no SIP. */
  readonly isSound: boolean
}

/** A row of homer7; undefined when there is no message in it. */
export function sightingOfRow(row: Homer7Row, hepType: number): Sighting | undefined {
  const read = packetOfRow(row, hepType)
  if (read.kind === 'left-out') return undefined
  const { packet } = read
  return {
    ...{ atUs: packet.atUs, hepType: packet.protocolType ?? hepType },
    src: place(packet.srcIp, packet.srcPort),
    dst: place(packet.dstIp, packet.dstPort),
    ...{ callId: row.sid, correlationId: packet.correlationId ?? '' },
    node: packet.captureNode || String(packet.captureId ?? 0),
    ...payloadOf(packet.payload),
    ...{ clockClamped: false, isSound: true },
  }
}

/** A message of Calliope. */
export function sightingOfMessage(message: TracedMessage): Sighting {
  const { atUs, protocolType, srcIp, srcPort, dstIp, dstPort, correlationId, sip } = message
  const callId = sip?.callId ?? correlationId
  return {
    ...{ atUs, hepType: protocolType, src: place(srcIp, srcPort), dst: place(dstIp, dstPort) },
    ...{ callId, correlationId: sip && correlationId === callId ? '' : correlationId },
    node: message.captureNode || String(message.captureId),
    ...payloadOf(message.payload),
    clockClamped: message.clockClamped,
    isSound: protocolType !== 1 || sip !== undefined,
  }
}

// Go prints an IPv4 address that came as IPv6 as IPv4.
const place = (ip: string, port: number): string =>
  `${ip.replace(/^::ffff:(?=\d+\.)/i, '')} ${port}`

const LABEL_CHARS_MAX = 80

function payloadOf(payload: Buffer) {
  const clean = cleaned(payload)
  const end = clean.findIndex((byte) => byte === 10 || byte === 13)
  const line = clean.subarray(0, end < 0 ? LABEL_CHARS_MAX : Math.min(end, LABEL_CHARS_MAX))
  return {
    digest: BigInt(Bun.hash(clean)),
    payloadBytes: payload.length,
    label: line.toString('utf8'),
  }
}

/** Without NUL and without what is not UTF-8; U+FFFD goes too, as nobody can tell it from that. */
function cleaned(payload: Buffer): Buffer {
  if (isUtf8(payload) && !payload.includes(0)) return payload
  return Buffer.from(payload.toString('utf8').replaceAll(/[\0\ufffd]/g, ''))
}
