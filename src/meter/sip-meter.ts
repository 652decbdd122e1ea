// Counts SIP messages: what was asked and answered, why calls ended, how long people waited.
//
// With targets a message counts for each of its ends that is one, as often as it is seen. Without, it counts
// once however often it is seen: by the Call-ID (without the '_b2b-1' that back-to-back agents of heplify's
// put behind it), what it is and the method of its CSeq.
import { readHeaders } from '#sip'
import { BoundedNames } from './bounded-names.ts'
import { Family } from './family.ts'
import { RequestDelays } from './request-delays.ts'
import type { SeenMessage } from './seen-message.ts'
import { SeenOnce } from './seen-once.ts'
import type { Tables } from './tables.ts'
import type { Targets } from './targets.ts'

const B2B = Buffer.from('_b2b-1')
/** Anybody can send methods of their own making; SIP has 14. */
const METHODS_MAX = 100
const Q850 = /(?:^|,)\s*q\.850\s*;[^,]*?\bcause\s*=\s*(\d{1,3})\b/i

export class SipMeter {
  readonly #tables: Tables
  readonly #delays = new RequestDelays()
  readonly #methods = new BoundedNames(METHODS_MAX)
  /** A number for each kind of message. */
  readonly #kinds = new Family<{ salt: number }>(() => ({ salt: ++this.#kindCount }))
  #kindCount = 0
  #seen: SeenOnce | undefined

  constructor(tables: Tables) {
    this.#tables = tables
  }

  add(message: SeenMessage, targets: Targets): void {
    const method = this.#methods.of(message.cseqMethod)
    const response = statusText(message.status) ?? this.#methods.of(message.method)
    const idEnd = endWithoutB2b(message)
    if (targets.isEmpty) this.#countOnce(message, response, method, idEnd)
    else this.#countHits(message, response, method, targets)
    if (method === 'INVITE' || method === 'REGISTER') this.#time(message, method, idEnd, targets)
  }

  #countOnce(message: SeenMessage, response: string, method: string, idEnd: number): void {
    const { salt } = this.#kinds.at(response, method)
    this.#seen ??= new SeenOnce()
    if (!this.#seen.isFirst(message.idIn, message.idAt, idEnd, salt)) return
    const { node, targetName } = message
    this.#tables.methodResponse.at(targetName, '', node, response, method).value += 1
    this.#countCause(message, targetName, response)
  }

  #countHits(message: SeenMessage, response: string, method: string, targets: Targets): void {
    const { node, srcIp, dstIp } = message
    targets.forEach(srcIp, dstIp, (name, direction) => {
      this.#tables.methodResponse.at(name, direction, node, response, method).value += 1
    })
    const src = targets.nameOf(srcIp)
    if (src !== undefined) this.#countCause(message, src, response)
  }

  /** Reason says why a request or an answer ended something; most others have none. */
  #countCause(message: SeenMessage, target: string, response: string): void {
    const { status, method } = message
    if (status === 0 ? method !== 'BYE' && method !== 'CANCEL' : status < 300 && status !== 183)
      return
    const head = message.payload().subarray(0, message.bodyAt)
    if (!head.includes('.850')) return
    for (const { name, value } of readHeaders(head)) {
      const cause = name.toLowerCase() === 'reason' ? Q850.exec(value)?.[1] : undefined
      if (cause !== undefined) this.#tables.reasonIsup.at(target, cause, response).value += 1
    }
  }

  #time(message: SeenMessage, method: string, idEnd: number, targets: Targets): void {
    const { status, srcIp, dstIp, atUs, node } = message
    const isInvite = method === 'INVITE'
    if (status > 0 && !isTimed(status) && (isInvite || !endsRegistration(status))) return
    if (status === 0 && (message.method !== method || (isInvite && message.hasToTag()))) return
    const [src, dst] = [targets.nameOf(srcIp), targets.nameOf(dstIp)]
    if (!targets.isEmpty && src === undefined && dst === undefined) return
    const callId = message.idIn.toString('latin1', message.idAt, idEnd)
    if (status === 0) this.#delays.begin(callId, srcIp, atUs)
    else {
      const tookUs = this.#delays.answer(callId, dstIp, atUs)
      if (tookUs === undefined) return // seen at another hop, or again
      if (isTimed(status)) this.#tell(isInvite, dst ?? src ?? '', node, tookUs)
      if (!isInvite) this.#delays.forget(callId)
    }
  }

  #tell(isInvite: boolean, target: string, node: string, tookUs: number): void {
    const { srd, srdSeconds, rrd, rrdSeconds } = this.#tables
    ;(isInvite ? srd : rrd).at(target, node).value = tookUs * 1000
    ;(isInvite ? srdSeconds : rrdSeconds).at(target, node).observe(tookUs / 1e6)
  }
}

/** Undefined for a request. */
const statusText = (status: number): string | undefined => STATUS_TEXTS[status]
const STATUS_TEXTS: readonly (string | undefined)[] = Array.from({ length: 700 }, (_, status) =>
  status > 0 ? String(status) : undefined,
)

const isTimed = (status: number): boolean => status === 200 || (status >= 180 && status <= 183)

/** Not challenges, nor what makes the phone ask again with other words. */
const endsRegistration = (status: number): boolean =>
  status >= 300 && status !== 401 && status !== 407 && status !== 423

function endWithoutB2b({ idIn, idAt, idEnd }: SeenMessage): number {
  let end = idEnd
  while (end - idAt >= B2B.length && endsWithB2b(idIn, end)) end -= B2B.length
  return end
}

function endsWithB2b(bytes: Buffer, end: number): boolean {
  for (let back = 1; back <= B2B.length; back += 1)
    if (bytes[end - back] !== B2B[B2B.length - back]) return false
  return true
}
