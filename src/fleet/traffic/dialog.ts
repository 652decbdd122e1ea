// One SIP dialog as text: keeps Call-ID, tags and CSeq and writes the messages both ends send.
// Every id of a dialog ends with `vary`, twelve hex digits nothing else in the traffic has: the
// ring of packets (traffic-ring.ts) finds them there and makes new calls of old ones.
import { at, type Party } from './cast.ts'
import type { Random } from './random.ts'

export interface DialogOptions {
  readonly random: Random
  readonly vary: string
  readonly caller: Party
  readonly callee: Party
  readonly callId: string
  /** More headers for every request of the caller, such as X-CID. */
  readonly headers?: readonly string[]
}

/** A message as it is on the wire, and what a response to it needs to know. */
export interface Message {
  readonly callId: string
  readonly text: string
  readonly from: Party
  readonly to: Party
  readonly method: string
  readonly cseq: number
  readonly branch: string
  readonly fromCaller: boolean
}

interface RequestOptions {
  readonly fromCaller?: boolean
  readonly cseq?: number
  readonly branch?: string
  readonly body?: string
  readonly headers?: readonly string[]
}

interface ResponseOptions {
  readonly body?: string
  readonly headers?: readonly string[]
}

const ABILITIES = [
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE',
  'Supported: replaces, timer, 100rel, path, outbound, norefersub',
  'Allow-Events: talk, hold, conference, refer, check-sync',
]
const TIMER = ['Session-Expires: 1800;refresher=uac', 'Min-SE: 90']

export class Dialog {
  readonly callId: string
  readonly caller: Party
  readonly callee: Party
  readonly #options: DialogOptions
  readonly #fromTag: string
  readonly #toTag: string
  #established = false
  #cseq: number
  #branches = 0

  constructor(options: DialogOptions) {
    this.#options = options
    this.callId = options.callId
    this.caller = options.caller
    this.callee = options.callee
    this.#fromTag = options.random.hex(4) + options.vary
    this.#toTag = `as${options.random.hex(2)}${options.vary}`
    this.#cseq = options.random.pick([1, 1, 20, 101])
  }

  /** A request; the callee's Contact is the target once the dialog stands. */
  request(method: string, options: RequestOptions = {}): Message {
    const { fromCaller = true, body = '', headers = [] } = options
    const { caller, callee, callId } = this
    const [from, to] = fromCaller ? [caller, callee] : [callee, caller]
    const cseq = options.cseq ?? this.#cseq++
    const branch = options.branch ?? this.#newBranch()
    const lines = [
      `${method} ${this.#target(method, to)} SIP/2.0`,
      `Via: SIP/2.0/UDP ${at(from.contact)};branch=${branch};rport`,
      'Max-Forwards: 70',
      ...this.#identity(fromCaller, this.#established || method === 'ACK'),
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(to.kind === 'server' ? [`Route: <sip:${at(to)};lr;transport=udp>`] : []),
      ...(CONTACTED.has(method) ? [contact(from), ...ABILITIES] : []),
      ...(method === 'INVITE'
        ? [...TIMER, `P-Asserted-Identity: <${uri(from.user, from.domain)}>`]
        : []),
      ...(fromCaller ? (this.#options.headers ?? []) : []),
      ...headers,
      `User-Agent: ${from.userAgent}`,
    ]
    return { callId, text: withBody(lines, body), from, to, method, cseq, branch, fromCaller }
  }

  /** A response to one of the requests above, going back the way it came. */
  respond(
    request: Message,
    status: number,
    reason: string,
    options: ResponseOptions = {},
  ): Message {
    const { body = '', headers = [] } = options
    if (status >= 200 && status < 300 && request.method === 'INVITE') this.#established = true
    const { from, to, branch, cseq, method, fromCaller } = request
    const lines = [
      `SIP/2.0 ${status} ${reason}`,
      `Via: SIP/2.0/UDP ${at(from.contact)};branch=${branch};received=${from.ip};rport=${from.port}`,
      ...this.#identity(fromCaller, status > 100),
      `Call-ID: ${this.callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(method === 'INVITE' && status > 100 ? this.#routeBack() : []),
      ...(method === 'INVITE' && status > 100 && status < 300 ? [contact(to), ...ABILITIES] : []),
      ...headers,
      `Server: ${to.userAgent}`,
    ]
    return { ...request, from: to, to: from, text: withBody(lines, body) }
  }

  #target(method: string, to: Party): string {
    if (method === 'REGISTER') return uri('', to.domain)
    return uri(to.user, this.#established ? at(to.contact) : to.domain)
  }

  #routeBack(): string[] {
    const proxy = this.callee.kind === 'server' ? this.callee : this.caller
    return [`Record-Route: <sip:${at(proxy)};lr;ftag=${this.#fromTag};transport=udp>`]
  }

  #newBranch(): string {
    this.#branches++
    return `z9hG4bK${this.#options.random.hex(4)}${this.#branches}${this.#options.vary}`
  }

  #identity(fromCaller: boolean, tagged: boolean): string[] {
    const { caller, callee } = this
    const asker = `"${caller.name}" <${uri(caller.user, caller.domain)}>;tag=${this.#fromTag}`
    const asked = `<${uri(callee.user, callee.domain)}>`
    const askedTagged = `${asked};tag=${this.#toTag}`
    if (fromCaller) return [`From: ${asker}`, `To: ${tagged ? askedTagged : asked}`]
    return [`From: ${askedTagged}`, `To: ${asker}`]
  }
}

const CONTACTED = new Set(['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE', 'UPDATE'])

const uri = (user: string, host: string): string => (user ? `sip:${user}@${host}` : `sip:${host}`)

const contact = (party: Party): string =>
  `Contact: <${uri(party.user, at(party.contact))};transport=udp>`

function withBody(lines: readonly string[], body: string): string {
  const type = body === '' ? [] : ['Content-Type: application/sdp']
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  return [...lines, ...type, length, '', body].join('\r\n')
}
