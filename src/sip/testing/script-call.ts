// Calls for tests, written as an engineer would scribble them:
//
//     0     a>p  INVITE #1 +sdp
//     2     p>a  100 Trying #1 INVITE
//     2300  p>a  200 OK #1 INVITE | Server: x
//     9000  b>a  BYE #2 +callee
//
// ms, source > destination, label, #CSeq (and its method for responses), flags, | headers. Hosts a, b,
// p, q are 10.0.0.1, .2, .10, .11. +sdp adds a body; +tag a To tag; +callee sends as the called side;
// +tap2 means seen by capture id 2; +leg2 is another Call-ID. Messages go through parseSip.
import type { TracedMessage } from '../message.ts'
import { parseSip } from '../parse.ts'

const HOSTS: Readonly<Record<string, string>> = {
  a: '10.0.0.1',
  b: '10.0.0.2',
  p: '10.0.0.10',
  q: '10.0.0.11',
}
const START_US = 1_700_000_000_000_000
/** Requests outside a dialog carry no To tag. */
const FIRST_METHODS = new Set(['INVITE', 'REGISTER', 'OPTIONS', 'SUBSCRIBE', 'MESSAGE', 'CANCEL'])

interface Step {
  readonly ms: number
  readonly from: string
  readonly to: string
  readonly label: string
  readonly cseq: number
  readonly method: string
  readonly flags: readonly string[]
  readonly headers: readonly string[]
}

export function scriptCall(script: string): TracedMessage[] {
  return script.trim().split('\n').map(readStep).map(toTraced)
}

function readStep(line: string): Step {
  const [head = '', ...headers] = line.split('|').map((part) => part.trim())
  const parts = /^([\d.]+)\s+(\w)>(\w)\s+(.+?)\s+#(\d+)((?:\s+\S+)*)$/.exec(head)
  if (parts === null) throw new Error(`not a step of a call: ${line}`)
  const [, ms, from, to, label = '', cseq, rest = ''] = parts
  const words = rest.trim().split(/\s+/)
  const method = words[0] && !words[0].startsWith('+') ? words[0] : label
  const flags = words.filter((word) => word.startsWith('+'))
  return { ms: Number(ms), from: from!, to: to!, label, cseq: Number(cseq), method, flags, headers }
}

function toTraced(step: Step): TracedMessage {
  const payload = Buffer.from(sipText(step))
  const sip = parseSip(payload)
  const tap = step.flags.find((flag) => flag.startsWith('+tap'))?.slice(4) ?? '1'
  const atUs = START_US + step.ms * 1000
  return {
    atUs,
    receivedUs: atUs + 500,
    clockClamped: false,
    srcIp: HOSTS[step.from]!,
    srcPort: 5060,
    dstIp: HOSTS[step.to]!,
    dstPort: 5060,
    ipProtocol: 17,
    protocolType: 1,
    captureId: Number(tap),
    captureNode: '',
    correlationId: '',
    payload,
    sip: sip.kind === 'malformed' ? undefined : sip,
  }
}

function sipText({ label, cseq, method, flags, headers, from }: Step): string {
  const isResponse = /^\d{3} /.test(label)
  const isCallee = flags.includes('+callee')
  const parties = ['<sip:alice@a.example>', '<sip:+4989123456@b.example>']
  const [caller, callee] = isCallee ? parties.reverse() : parties
  const hasTag =
    flags.includes('+tag') || (isResponse ? label !== '100 Trying' : !FIRST_METHODS.has(label))
  const body = flags.includes('+sdp') ? sdpText(HOSTS[from]!) : ''
  return [
    isResponse ? `SIP/2.0 ${label}` : `${label} sip:+4989123456@b.example SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOSTS.a};branch=z9hG4bK-${cseq}`,
    `From: ${caller};tag=${isCallee ? 'callee' : 'caller'}`,
    `To: ${callee}${hasTag ? `;tag=${isCallee ? 'caller' : 'callee'}` : ''}`,
    `Call-ID: ${flags.includes('+leg2') ? 'leg-2' : 'call-1'}@test`,
    `CSeq: ${cseq} ${method}`,
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

function sdpText(ip: string): string {
  const lines = ['v=0', `o=- 4711 1 IN IP4 ${ip}`, 's=-', `c=IN IP4 ${ip}`, 't=0 0']
  return [...lines, 'm=audio 4000 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000', ''].join(
    '\r\n',
  )
}
