// What an operator wants done to packets, done to one after the other, in heplify-server's order:
//
//   packet ─▶ duplicate? ─▶ SIP read ─▶ method discarded? ─▶ body censored ─▶ other leg's id ─▶ scripts ─▶
//
// Every reader of the spool has a filter of its own, in its own thread, so that all keep the same: the store,
// homer7, the outlets, the metrics. Hardly anybody has all of it configured, and most have nothing: who
// reads many packets asks `mayChange` first and need not make a packet of what would pass as it is.
import { type HepPacket, PROTOCOL } from '#hep'
import { parseSip, type SipMessage } from '#sip'
import { AlegHeaders } from './aleg-headers.ts'
import type { FilterOptions } from './filter-options.ts'
import type { Discarded, Filtered, FramePlace } from './filtered.ts'
import { RecentPayloads } from './recent-payloads.ts'

/** The same for every packet; not shared between threads. */
export interface Filter {
  /** Nothing is configured: every packet passes as it is. */
  readonly isIdle: boolean
  /** False: a packet of this type (and CSeq method, of SIP) passes as it is. */
  mayChange(protocolType: number, cseqMethod: string): boolean
  /** Never throws, whatever is in the packet. Views in the answer are valid as long as the packet's own. */
  apply(packet: HepPacket, place: FramePlace): Filtered
  /** Goes on with other options; the old ones hold when they cannot be taken, and this rejects. */
  change(options: FilterOptions): Promise<void>
  close(): void
}

/** Opens a filter; rejects where a rule or a script cannot be read, saying which. */
export async function openFilter(options: FilterOptions): Promise<Filter> {
  return new PacketFilter(options)
}

const DISCARDED: Discarded = {
  kind: 'discarded',
  reason: 'discarded',
  detail: 'a configured filter says not to keep this method',
}
const DUPLICATE: Discarded = {
  kind: 'discarded',
  reason: 'duplicate',
  detail: 'the same payload came a moment before',
}
const CENSORED = 'x'

class PacketFilter implements Filter {
  #rules: Rules

  constructor(options: FilterOptions) {
    this.#rules = rulesOf(options)
  }

  get isIdle(): boolean {
    const { discard, censor, recent, aleg } = this.#rules
    return discard.size === 0 && censor.size === 0 && recent === undefined && aleg.isEmpty
  }

  mayChange(protocolType: number, cseqMethod: string): boolean {
    const { discard, censor, recent, aleg } = this.#rules
    if (recent !== undefined) return true
    if (protocolType !== PROTOCOL.sip) return false
    return !aleg.isEmpty || discard.has(cseqMethod) || censor.has(cseqMethod)
  }

  apply(packet: HepPacket, place: FramePlace): Filtered {
    const { discard, censor, recent } = this.#rules
    const atUs = packet.atUs || place.receivedUs
    if (recent?.isDuplicate(packet.payload, atUs, place)) return DUPLICATE
    const sip = sipOf(packet)
    if (sip !== undefined && discard.has(sip.cseqMethod)) return DISCARDED
    const isCensored = sip !== undefined && censor.has(sip.cseqMethod)
    const payload = isCensored ? censored(packet.payload, sip.bodyAt) : packet.payload
    const { alegId, correlationId } = this.#legOf(packet, sip)
    const isChanged = isCensored || correlationId !== packet.correlationId
    return {
      kind: 'passed',
      packet: isChanged ? { ...packet, payload, correlationId } : packet,
      ...{ sip, alegId, headersIn: payload, said: undefined },
    }
  }

  async change(options: FilterOptions): Promise<void> {
    this.#rules = rulesOf(options)
  }

  close(): void {}

  #legOf({ payload, correlationId }: HepPacket, sip: SipMessage | undefined) {
    const { aleg, forceAlegId } = this.#rules
    if (sip === undefined || aleg.isEmpty) return { alegId: '', correlationId }
    const alegId = aleg.read(payload)
    const isNamed = alegId !== '' && (correlationId === '' || forceAlegId)
    return { alegId, correlationId: isNamed ? alegId : correlationId }
  }
}

interface Rules {
  readonly discard: ReadonlySet<string>
  readonly censor: ReadonlySet<string>
  readonly recent: RecentPayloads | undefined
  readonly aleg: AlegHeaders
  readonly forceAlegId: boolean
}

const rulesOf = (options: FilterOptions): Rules => ({
  discard: new Set(options.discardMethods),
  censor: new Set(options.censorMethods),
  recent: options.dedupMs ? new RecentPayloads(options.dedupMs) : undefined,
  aleg: new AlegHeaders(options.alegIds ?? []),
  forceAlegId: options.forceAlegId ?? false,
})

/** What cannot be read as SIP passes, as what it is. */
function sipOf({ protocolType, payload }: HepPacket): SipMessage | undefined {
  if (protocolType !== PROTOCOL.sip) return undefined
  const sip = parseSip(payload)
  return sip.kind === 'malformed' ? undefined : sip
}

/** A copy with the same length: the record may be read again, and offsets stay true. */
function censored(payload: Buffer, bodyAt: number): Buffer {
  return Buffer.from(payload).fill(CENSORED, bodyAt)
}
