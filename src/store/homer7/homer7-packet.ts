// A packet on its way into a homer7 row: where its parts lie and what it says of itself. One object, filled
// anew for each, from the quick look (skimHep) where that suffices, else from the whole packet.

import type { Passed, ScriptWord } from '#filter'
import { type HepPacket, hepSkim } from '#hep'

const IPV6 = 10
const IPV4 = 2

export class Homer7Packet {
  ipFamily = 0
  ipProtocol = 0
  srcIp = ''
  dstIp = ''
  srcPort = 0
  dstPort = 0
  /** Microseconds since 1970: the agent's clock, or ours where that is absurd. */
  atUs = 0
  protocolType = 0
  captureId = 0
  captureNode = ''
  /** Chunk 17, or what a filter found in its place. */
  correlationId = ''
  /** The payload is bytes[from, to). */
  bytes: Buffer = Buffer.alloc(0)
  from = 0
  to = 0
  /** Where headers are read, when that is not the payload. */
  headersIn: Buffer | undefined
  alegId = ''
  said: ScriptWord | undefined

  /** The name of its agent, or its number. */
  get captureName(): string {
    return this.captureNode === '' ? String(this.captureId) : this.captureNode
  }

  /** Takes what `skimHep` found in a chunk. */
  takeSkimmed(bytes: Buffer): void {
    const { correlationAt, correlationEnd } = hepSkim
    this.ipFamily = hepSkim.srcIp.includes(':') || hepSkim.dstIp.includes(':') ? IPV6 : IPV4
    this.#takeFields(hepSkim)
    this.correlationId =
      correlationEnd > correlationAt ? bytes.toString('utf8', correlationAt, correlationEnd) : ''
    this.bytes = bytes
    this.from = hepSkim.payloadAt
    this.to = hepSkim.payloadEnd
    this.headersIn = this.said = undefined
    this.alegId = ''
  }

  /** Takes a packet as it came. */
  takePacket(packet: HepPacket): void {
    this.ipFamily = packet.ipFamily
    this.#takeFields(packet)
    this.correlationId = packet.correlationId
    this.bytes = packet.payload
    this.from = 0
    this.to = packet.payload.length
    this.headersIn = this.said = undefined
    this.alegId = ''
  }

  /** Takes a packet as a filter let it pass. */
  takeFiltered({ packet, headersIn, alegId, said }: Passed): void {
    this.takePacket(packet)
    this.headersIn = headersIn === packet.payload ? undefined : headersIn
    this.alegId = alegId
    this.said = said
  }

  #takeFields(of: Readonly<Record<TextField, string> & Record<NumberField, number>>): void {
    this.ipProtocol = of.ipProtocol
    this.srcIp = of.srcIp
    this.dstIp = of.dstIp
    this.srcPort = of.srcPort
    this.dstPort = of.dstPort
    this.atUs = of.atUs
    this.protocolType = of.protocolType
    this.captureId = of.captureId
    this.captureNode = of.captureNode
  }
}

type TextField = 'srcIp' | 'dstIp' | 'captureNode'
type NumberField = 'ipProtocol' | 'srcPort' | 'dstPort' | 'atUs' | 'protocolType' | 'captureId'
