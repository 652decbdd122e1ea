// One frame of the spool after the other into the tables. Most are skimmed where they lie; those that the
// skims do not understand, or that the operator's filters may change, are taken apart.
import type { Filter } from '#filter'
import { decodeHep, type HepPacket, hepSkim, PROTOCOL, skimHep } from '#hep'
import { parseSip, type SipMessage, sipSkim, skimSip } from '#sip'
import type { RecordWalk } from '#spool'
import { BoundedNames } from './bounded-names.ts'
import type { Cell } from './family.ts'
import type { HistogramCell } from './histogram.ts'
import { MediaMeter } from './media-meter.ts'
import { nodeOf, parsedMessage, type SeenMessage, skimmedMessage } from './seen-message.ts'
import { SipMeter } from './sip-meter.ts'
import { openTables, type Tables } from './tables.ts'
import { Targets } from './targets.ts'

/** Agents may call themselves what they like. */
const NODES_MAX = 1_000
/** heplify-server's names of HEP types; it calls every other by its number. */
const TYPES: readonly string[] = Array.from({ length: 256 }, (_, type) => {
  switch (type) {
    case PROTOCOL.sip:
      return 'sip'
    case PROTOCOL.rtcp:
      return 'rtcp'
    case PROTOCOL.rtpagent:
      return 'rtpagent'
    case PROTOCOL.rtcpxr:
      return 'rtcpxr'
    case PROTOCOL.horaclifix:
      return 'horaclifix'
    case PROTOCOL.dns:
      return 'dns'
    case PROTOCOL.log:
      return 'log'
    default:
      return String(type)
  }
})

interface PacketCells {
  readonly count: Cell
  readonly size: Cell
  readonly histogram: HistogramCell
}

export class FrameMeter {
  readonly tables: Tables = openTables()
  readonly #sip = new SipMeter(this.tables)
  readonly #media = new MediaMeter(this.tables)
  readonly #nodes = new BoundedNames(NODES_MAX)
  /** By node and type. */
  readonly #cells = new Map<string, PacketCells[]>()
  readonly #filter: Filter
  #targets = new Targets()

  constructor(filter: Filter) {
    this.#filter = filter
  }

  /** Hosts to tell apart from now on, each 'ADDRESS=NAME'. */
  setTargets(targets: readonly string[]): void {
    this.#targets = new Targets(targets)
  }

  /** Counts the frame at hand, the `number`th of its lane. */
  add(walk: RecordWalk, lane: string, number: number): void {
    if (this.#skim(walk)) return
    const packet = decodeHep(walk.bytes.subarray(walk.from, walk.to))
    if (packet.kind === 'malformed') return
    const { receivedUs } = walk
    if (!this.#filter.isIdle) {
      const filtered = this.#filter.apply(packet, { lane, number, receivedUs })
      if (filtered.kind === 'discarded') return
      this.#take(filtered.packet, filtered.sip, receivedUs, filtered.said?.targetName)
      return
    }
    const sip = packet.protocolType === PROTOCOL.sip ? parseSip(packet.payload) : undefined
    this.#take(packet, sip?.kind === 'malformed' ? undefined : sip, receivedUs)
  }

  /** True when that was all. */
  #skim({ bytes, from, to, receivedUs }: RecordWalk): boolean {
    if (!skimHep(bytes, from, to)) return false
    const { protocolType, payloadAt, payloadEnd, srcIp, dstIp, atUs } = hepSkim
    const isSip = protocolType === PROTOCOL.sip
    if (isSip && !skimSip(bytes, payloadAt, payloadEnd)) return false
    const method = isSip ? sipSkim.cseqMethod : ''
    if (!this.#filter.isIdle && this.#filter.mayChange(protocolType, method)) return false
    const node = this.#nodes.of(nodeOf(hepSkim))
    this.#countPacket(node, protocolType, payloadEnd - payloadAt)
    if (isSip) this.#countSip(skimmedMessage(bytes, node, receivedUs))
    else
      this.#media.add(
        protocolType,
        bytes.subarray(payloadAt, payloadEnd),
        { node, srcIp, dstIp, atUs },
        this.#targets,
      )
    return true
  }

  #take(packet: HepPacket, sip: SipMessage | undefined, receivedUs: number, targetName?: string) {
    const { protocolType, payload, srcIp, dstIp, atUs } = packet
    const node = this.#nodes.of(nodeOf(packet))
    this.#countPacket(node, protocolType, payload.length)
    if (sip !== undefined) this.#countSip(parsedMessage(packet, node, sip, receivedUs, targetName))
    else if (protocolType !== PROTOCOL.sip)
      this.#media.add(protocolType, payload, { node, srcIp, dstIp, atUs }, this.#targets)
  }

  #countPacket(node: string, protocolType: number, bytes: number): void {
    const { count, size, histogram } =
      this.#cells.get(node)?.[protocolType] ?? this.#open(node, protocolType)
    count.value += 1
    size.value = bytes
    histogram.observe(bytes)
  }

  /** Looked up once, for every packet asks for them. */
  #open(node: string, protocolType: number): PacketCells {
    const type = TYPES[protocolType] ?? String(protocolType)
    const cells = {
      count: this.tables.packets.at(node, type),
      size: this.tables.packetSize.at(node, type),
      histogram: this.tables.payloadBytes.at(node, type),
    }
    const ofNode = this.#cells.get(node) ?? []
    this.#cells.set(node, ofNode)
    ofNode[protocolType] = cells
    return cells
  }

  #countSip(message: SeenMessage): void {
    this.#sip.add(message, this.#targets)
    const mayReport = message.mayReport || message.method === 'PUBLISH'
    if (mayReport) this.#media.add(PROTOCOL.sip, message.payload(), message, this.#targets)
  }
}
