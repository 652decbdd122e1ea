// What an operator wants done to packets, done to one after the other, in heplify-server's order:
//
//   packet ─▶ duplicate? ─▶ SIP read ─▶ method discarded? ─▶ body censored ─▶ other leg's id ─▶ scripts ─▶
//
// Every reader of the spool has a filter of its own, in its own thread, so that all keep the same: the store,
// homer7, the outlets, the metrics. Hardly anybody has all of it configured, and most have nothing: who
// reads many packets asks `mayChange` first and need not make a packet of what would pass as it is.
import { type HepPacket, PROTOCOL } from '#hep'
import { parseSip, type SipMessage } from '#sip'
import { FilterCounts } from './filter-counts.ts'
import type { FilterOptions } from './filter-options.ts'
import type { Discarded, Filtered, FramePlace, Passed } from './filtered.ts'
import { closeRules, openRules, type Rules } from './rules.ts'
import type { ScriptListener } from './scripts/script-engine.ts'

/** The same for every packet; not shared between threads. */
export interface Filter extends Disposable {
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

/** For whom a filter works. */
export interface FilterSurroundings {
  /** Where it counts, for another thread to read. */
  readonly counts?: SharedArrayBuffer | undefined
  /** Hears what scripts print and how they fail. @default the log, seldom */
  readonly listener?: ScriptListener
}

/** Opens a filter; rejects where a rule or a script cannot be read, saying which. */
export async function openFilter(
  options: FilterOptions,
  { counts, listener }: FilterSurroundings = {},
): Promise<Filter> {
  const board = new FilterCounts(counts)
  return new PacketFilter(await openRules(options, board, listener), board, listener)
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
  readonly #counts: FilterCounts
  readonly #listener: ScriptListener | undefined

  constructor(rules: Rules, counts: FilterCounts, listener: ScriptListener | undefined) {
    this.#rules = rules
    this.#counts = counts
    this.#listener = listener
  }

  get isIdle(): boolean {
    return this.#rules.isIdle
  }

  mayChange(protocolType: number, cseqMethod: string): boolean {
    const { discard, censor, recent, aleg, scripts } = this.#rules
    if (recent !== undefined || scripts?.takes(protocolType) === true) return true
    if (protocolType !== PROTOCOL.sip) return false
    return !aleg.isEmpty || discard.has(cseqMethod) || censor.has(cseqMethod)
  }

  apply(packet: HepPacket, place: FramePlace): Filtered {
    const { discard, recent, scripts } = this.#rules
    const atUs = packet.atUs || place.receivedUs
    if (recent?.isDuplicate(packet.payload, atUs, place)) return this.#drop(DUPLICATE)
    const sip = sipOf(packet)
    if (sip !== undefined && discard.has(sip.cseqMethod)) return this.#drop(DISCARDED)
    const passed = this.#pass(packet, sip)
    if (scripts === undefined || !scripts.takes(packet.protocolType)) return passed
    const filtered = scripts.run(passed)
    return filtered.kind === 'discarded' ? this.#drop(filtered) : filtered
  }

  async change(options: FilterOptions): Promise<void> {
    const before = this.#rules
    this.#rules = await openRules(options, this.#counts, this.#listener)
    closeRules(before)
  }

  close(): void {
    closeRules(this.#rules)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #drop(discarded: Discarded): Discarded {
    this.#counts.add(discarded.reason === 'duplicate' ? 'duplicates' : 'discarded')
    return discarded
  }

  #pass(packet: HepPacket, sip: SipMessage | undefined): Passed {
    const isCensored = sip !== undefined && this.#rules.censor.has(sip.cseqMethod)
    const payload = isCensored ? censored(packet.payload, sip.bodyAt) : packet.payload
    const { alegId, correlationId } = this.#legOf(packet, sip)
    const isChanged = isCensored || correlationId !== packet.correlationId
    if (isCensored) this.#counts.add('censored')
    if (alegId !== '') this.#counts.add('alegIds')
    return {
      kind: 'passed',
      packet: isChanged ? { ...packet, payload, correlationId } : packet,
      ...{ sip, alegId, headersIn: payload, said: undefined },
    }
  }

  #legOf({ payload, correlationId }: HepPacket, sip: SipMessage | undefined) {
    const { aleg, forceAlegId } = this.#rules
    if (sip === undefined || aleg.isEmpty) return { alegId: '', correlationId }
    const alegId = aleg.read(payload)
    const isNamed = alegId !== '' && (correlationId === '' || forceAlegId)
    return { alegId, correlationId: isNamed ? alegId : correlationId }
  }
}

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
