// A packet as a row of homer7 in PostgreSQL's binary COPY: fields behind their lengths, so that nothing in
// a message needs escaping, and no time need be parsed.
//
//   [5] [n][sid] [8][create_date] [n][1][protocol_header] [n][1][data_header] [n][raw]
//       varchar  µs since 2000    jsonb: version, text                        varchar

import { cutCallId } from '#sip'
import type { ByteWriter } from '../write/byte-writer.ts'
import { cleaned, isClean } from './clean-text.ts'
import { CALL_ID, CSEQ } from './header-slots.ts'
import type { Homer7Packet } from './homer7-packet.ts'
import { isupHeader } from './isup-header.ts'
import { INDEXED_BYTES_MAX, writeJsonText } from './json-text.ts'
import { SipDataHeader } from './sip-data-header.ts'
import {
  CALL,
  DEFAULT,
  type Homer7Table,
  ISUP,
  REGISTRATION,
  REPORT,
  tableOfMethod,
  tableOfType,
} from './tables.ts'

const SIP = 1
const FIELDS = 5
const JSONB_VERSION = 1
/** PostgreSQL counts from 2000-01-01. */
const EPOCH_US = Date.UTC(2000) * 1000
const MAPPED = '::ffff:'
const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  ...{ 1: 'sip', 5: 'rtcp', 34: 'rtpagent', 35: 'rtcpxr', 38: 'horaclifix', 53: 'dns', 100: 'log' },
}
const PROFILES = { call: CALL, registration: REGISTRATION, default: DEFAULT } as const

export interface RowShape {
  /** Fields of data_header. @default heplify-server's */
  readonly sipHeaders?: readonly string[]
  readonly customHeaders?: readonly string[]
  /** Protocol types whose payload goes into data_header, and the small header into raw. */
  readonly forcePayloadTypes?: readonly number[]
}

/** Writes rows, one after the other; one for a thread. */
export class RowWriter {
  readonly #header: SipDataHeader
  readonly #forced: ReadonlySet<number>

  constructor({ sipHeaders, customHeaders, forcePayloadTypes = [] }: RowShape) {
    this.#header = new SipDataHeader(sipHeaders, customHeaders)
    this.#forced = new Set(forcePayloadTypes)
  }

  /** Writes the row of a packet into what `outOf` gives for its table, and returns the table. */
  write(packet: Homer7Packet, outOf: (table: Homer7Table) => ByteWriter): Homer7Table {
    makeClean(packet)
    if (packet.protocolType === SIP) return this.#writeSip(packet, outOf)
    const table = tableOfType(packet.protocolType)
    const out = outOf(table)
    if (table === ISUP) writeIsup(out, packet)
    else this.#writeOther(out, packet, table === REPORT)
    return table
  }

  #writeSip(packet: Homer7Packet, outOf: (table: Homer7Table) => ByteWriter): Homer7Table {
    const { spans } = this.#header
    const { headersIn, said } = packet
    if (headersIn) spans.find(headersIn, 0, headersIn.length)
    else spans.find(packet.bytes, packet.from, packet.to)
    const callId = textAt(spans.bytes, spans.slots, CALL_ID)
    const table = said?.profile ? PROFILES[said.profile] : tableOfMethod(methodIn(spans))
    const out = outOf(table)
    const correlationId = packet.correlationId || callId
    beginRow(out, packet.atUs, said?.sid ?? cutCallId(callId || correlationId))
    writeProtocolHeader(out, packet, correlationId)
    const at = beginJson(out)
    this.#header.write(out, packet.alegId, said)
    endField(out, at)
    writeRaw(out, packet)
    return table
  }

  #writeOther(out: ByteWriter, packet: Homer7Packet, mayForce: boolean): void {
    beginRow(out, packet.atUs, packet.said?.sid ?? cutCallId(packet.correlationId))
    writeProtocolHeader(out, packet, packet.correlationId)
    const { protocolType, bytes, from, to } = packet
    const small = smallHeader(packet)
    // What is no JSON cannot be put where JSON has to stand: it stays in raw, like all others.
    if (mayForce && this.#forced.has(protocolType) && isJson(bytes, from, to)) {
      const at = beginJson(out)
      out.part(bytes, from, to)
      endField(out, at)
      writeText(out, small)
      return
    }
    const at = beginJson(out)
    out.utf8(small)
    endField(out, at)
    writeRaw(out, packet)
  }
}

/** Puts a clean copy in the place of a payload PostgreSQL would not take. */
function makeClean(packet: Homer7Packet): void {
  if (isClean(packet.bytes, packet.from, packet.to)) {
    const { headersIn } = packet
    if (headersIn && !isClean(headersIn, 0, headersIn.length))
      packet.headersIn = cleaned(headersIn, 0, headersIn.length)
    return
  }
  packet.bytes = cleaned(packet.bytes, packet.from, packet.to)
  packet.from = 0
  packet.to = packet.bytes.length
  if (packet.headersIn) packet.headersIn = cleaned(packet.headersIn, 0, packet.headersIn.length)
}

function methodIn({ bytes, slots }: SipDataHeader['spans']): string {
  const cseq = textAt(bytes, slots, CSEQ)
  return cseq.slice(cseq.search(/\s/) + 1).trimStart()
}

function textAt(bytes: Buffer, slots: Int32Array, slot: number): string {
  const from = slots[slot * 2]!
  return from < 0 ? '' : bytes.toString('utf8', from, slots[slot * 2 + 1]!)
}

function beginRow(out: ByteWriter, atUs: number, sid: string): void {
  out.int16(FIELDS)
  writeText(out, sid.includes('\0') ? sid.replaceAll('\0', '') : sid)
  out.int32(8)
  out.int64(atUs - EPOCH_US)
}

function writeText(out: ByteWriter, text: string): void {
  const at = out.length
  out.int32(0)
  out.utf8(text)
  endField(out, at)
}

function writeRaw(out: ByteWriter, { bytes, from, to }: Homer7Packet): void {
  out.int32(to - from)
  out.part(bytes, from, to)
}

/** Begins a jsonb field; returns where its length has to go. */
function beginJson(out: ByteWriter): number {
  const at = out.length
  out.int32(0)
  out.byte(JSONB_VERSION)
  return at
}

const endField = (out: ByteWriter, at: number): void => out.patchInt32(at, out.length - at - 4)

// The agent's password (capturePass, chunk 14) is no business of a database: it is left out.
function writeProtocolHeader(out: ByteWriter, packet: Homer7Packet, correlationId: string): void {
  const { ipFamily, ipProtocol, srcIp, dstIp, srcPort, dstPort, atUs, protocolType } = packet
  const at = beginJson(out)
  out.utf8(
    `{"protocolFamily":${ipFamily},"protocol":${ipProtocol},"srcIp":"${plainIp(srcIp)}","dstIp":"` +
      `${plainIp(dstIp)}","srcPort":${srcPort},"dstPort":${dstPort},"timeSeconds":` +
      `${Math.floor(atUs / 1e6)},"timeUseconds":${Math.floor(atUs % 1e6)},"payloadType":` +
      `${protocolType},"captureId":"`,
  )
  writeJsonText(out, packet.captureName)
  out.utf8('","correlation_id":"')
  writeJsonText(out, correlationId, INDEXED_BYTES_MAX)
  out.utf8('"}')
  endField(out, at)
}

/** IPv4 in IPv6's clothes, as Go prints it. */
const plainIp = (ip: string): string => (ip.startsWith(MAPPED) ? ip.slice(MAPPED.length) : ip)

const smallHeader = ({ captureName, protocolType }: Homer7Packet): string =>
  JSON.stringify({
    node: captureName.replaceAll('\0', '').toWellFormed(),
    proto: PROTOCOL_NAMES[protocolType] ?? String(protocolType),
  })

/** jsonb takes neither an escaped NUL nor half a surrogate pair; whole pairs are not worth telling apart. */
const REFUSED_ESCAPE = /\\u(?:0000|d[89a-f]..)/i

function isJson(bytes: Buffer, from: number, to: number): boolean {
  const text = bytes.toString('utf8', from, to)
  try {
    JSON.parse(text)
    return !REFUSED_ESCAPE.test(text)
  } catch {
    return false
  }
}

function writeIsup(out: ByteWriter, packet: Homer7Packet): void {
  const { sid, text } = isupHeader(packet.bytes.toString('utf8', packet.from, packet.to))
  beginRow(out, packet.atUs, packet.said?.sid ?? sid)
  writeProtocolHeader(out, packet, packet.correlationId)
  const at = beginJson(out)
  out.utf8(text)
  endField(out, at)
  writeRaw(out, packet)
}
