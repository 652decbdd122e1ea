// Calls with everything a ladder can show, sent as HEP: a call through a B2BUA that fails, a good one
// between the same parties before, others that fail alike, one with a hold, reports and log lines.
import { createSocket } from 'node:dgram'
import { encodeHep } from '#hep'

const HOSTS = { alice: '10.20.0.5', sbc: '10.9.0.1', pbx: '10.9.0.3', bob: '10.30.0.7' }
export type Host = keyof typeof HOSTS

/** One message of a scene. */
export interface Line {
  /** Milliseconds after the scene's start. */
  readonly ms: number
  readonly from: Host
  readonly to: Host
  /** 'INVITE' or '503 Service Unavailable'; a JSON text or a log line for other protocols. */
  readonly what: string
  readonly callId: string
  readonly cseq?: string
  readonly headers?: readonly string[]
  readonly sdp?: string
  readonly tap?: number
  readonly protocol?: number
  /** Of what is no SIP and names no call: where it came from and went to. @default 5060 both */
  readonly ports?: readonly [number, number]
}

export const CALLER = '+498912345678'
export const CALLEE = '+493098765432'

/** The SDP of an offer or an answer. */
export const sdpOf = (
  ip: string,
  codecs: readonly number[],
  more: readonly string[] = [],
): string =>
  [
    'v=0',
    `o=- 4711 ${more.length + 1} IN IP4 ${ip}`,
    's=-',
    `c=IN IP4 ${ip}`,
    't=0 0',
    `m=audio 40000 RTP/AVP ${[...codecs, 101].join(' ')}`,
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=ptime:20',
    ...more,
    '',
  ].join('\r\n')

function sipText({ what, from, callId, cseq = '1 INVITE', headers = [], sdp = '' }: Line): string {
  const isResponse = /^\d{3} /.test(what)
  const isWithin = (isResponse && !what.startsWith('100')) || Number.parseInt(cseq, 10) > 1
  return [
    isResponse ? `SIP/2.0 ${what}` : `${what} sip:${CALLEE}@voice.example;user=phone SIP/2.0`,
    `Via: SIP/2.0/UDP ${HOSTS[from]}:5060;branch=z9hG4bK-${callId}-${cseq.replace(' ', '-')}-${from};rport`,
    ...(from === 'pbx' || from === 'sbc'
      ? [1, 2, 3].map((hop) => `Via: SIP/2.0/UDP 10.8.0.${hop};branch=z9hG4bK${hop}${callId}`)
      : []),
    'Max-Forwards: 69',
    `f: "Alice" <sip:${CALLER}@voice.example>;tag=a-${callId}`,
    `t: <sip:${CALLEE}@voice.example>${isWithin ? `;tag=b-${callId}` : ''}`,
    `i: ${callId}`,
    `CSeq: ${cseq}`,
    ...(isResponse ? [] : [`Contact: <sip:${CALLER}@${HOSTS[from]}:5060;transport=udp>`]),
    ...headers,
    ...(sdp ? ['Content-Type: application/sdp'] : []),
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n')
}

/** A message as the agent sends it. */
export const packetOf = (line: Line, startUs: number): Buffer =>
  encodeHep({
    ...{ srcIp: HOSTS[line.from], dstIp: HOSTS[line.to] },
    ...{ srcPort: line.ports?.[0] ?? 5060, dstPort: line.ports?.[1] ?? 5060 },
    atUs: startUs + Math.round(line.ms * 1000),
    protocolType: line.protocol ?? 1,
    captureId: line.tap ?? 1,
    ...(line.protocol === undefined || line.ports ? {} : { correlationId: line.callId }),
    payload: Buffer.from(line.protocol === undefined ? sipText(line) : line.what),
  })

/** A call that its PBX refuses: two legs, two taps between them, the refusal sent three times. */
export function failedCall(id: string, agent = 'Edge/2.4'): readonly Line[] {
  const [a, b] = [`${id}-a@sbc`, `${id}-b@sbc`]
  const reason = {
    headers: ['Reason: Q.850;cause=38;text="Network out of order"', 'Server: PBX 7'],
  }
  const refusal = (ms: number, more = {}) =>
    line(ms, 'pbx', 'sbc', '503 Service Unavailable', b, { ...reason, ...more })
  const offer = sdpOf(HOSTS.alice, [8, 0, 18])
  const second = {
    headers: [`X-CID: ${a}`, `User-Agent: ${agent}`],
    sdp: sdpOf(HOSTS.sbc, [8, 18]),
  }
  return [
    line(0, 'alice', 'sbc', 'INVITE', a, { sdp: offer, headers: ['User-Agent: Phone 3.1'] }),
    line(1.2, 'sbc', 'alice', '100 Trying', a),
    line(6, 'sbc', 'pbx', 'INVITE', b, second),
    line(6.4, 'sbc', 'pbx', 'INVITE', b, { ...second, tap: 2 }),
    line(9, 'pbx', 'sbc', '100 Trying', b),
    line(40, 'sbc', 'sbc', 'route=17 target=10.9.0.3 weight=10 attempt=1', b, { protocol: 100 }),
    ...[4100, 4600, 5600].map((ms) => refusal(ms)),
    refusal(4100.6, { tap: 2 }),
    line(4103, 'sbc', 'alice', '503 Service Unavailable', a, reason),
    line(4110, 'alice', 'sbc', 'ACK', a, { cseq: '1 ACK' }),
  ]
}

/** A call that went well: early media, talk, a hold and back, reports on the media. */
export function goodCall(id: string, agent = 'Edge/2.3'): readonly Line[] {
  const [callId, inner] = [`${id}@sbc`, `${id}-b@sbc`]
  const hold = sdpOf(HOSTS.alice, [8], ['a=sendonly'])
  const held = sdpOf(HOSTS.pbx, [8], ['a=recvonly'])
  const invite = { sdp: sdpOf(HOSTS.alice, [8, 0, 18]), headers: [`User-Agent: ${agent}`] }
  const answer = { sdp: sdpOf(HOSTS.pbx, [8]), headers: ['Server: PBX 7'] }
  const again = { ...{ cseq: '2 INVITE' } }
  return [
    line(0, 'alice', 'sbc', 'INVITE', callId, invite),
    line(1, 'sbc', 'alice', '100 Trying', callId),
    line(3, 'sbc', 'pbx', 'INVITE', inner, {
      sdp: sdpOf(HOSTS.sbc, [8, 18]),
      headers: [`X-CID: ${callId}`, `User-Agent: ${agent}`],
    }),
    line(60, 'pbx', 'sbc', '180 Ringing', inner),
    line(62, 'sbc', 'alice', '180 Ringing', callId),
    line(2400, 'pbx', 'sbc', '183 Session Progress', inner, answer),
    line(2402, 'sbc', 'alice', '183 Session Progress', callId, answer),
    line(5200, 'pbx', 'sbc', '200 OK', inner, answer),
    line(5203, 'sbc', 'alice', '200 OK', callId, answer),
    line(5210, 'alice', 'sbc', 'ACK', callId, { cseq: '1 ACK' }),
    line(5213, 'sbc', 'pbx', 'ACK', inner, { cseq: '1 ACK' }),
    ...[10, 15, 20, 25, 30].flatMap((second) => reports(callId, second)),
    line(32_000, 'alice', 'sbc', 'INVITE', callId, { ...again, sdp: hold }),
    line(32_020, 'sbc', 'alice', '200 OK', callId, { ...again, sdp: held }),
    line(32_030, 'alice', 'sbc', 'ACK', callId, { cseq: '2 ACK' }),
    line(41_000, 'alice', 'sbc', 'INVITE', callId, { cseq: '3 INVITE', sdp: invite.sdp }),
    line(41_020, 'sbc', 'alice', '200 OK', callId, { cseq: '3 INVITE', sdp: answer.sdp }),
    line(41_030, 'alice', 'sbc', 'ACK', callId, { cseq: '3 ACK' }),
    line(63_000, 'alice', 'sbc', 'BYE', callId, {
      cseq: '4 BYE',
      headers: ['X-RTP-Stat: PS=2890,OS=462400,PR=2871,OR=459360,PL=19,JI=4,LA=21,DU=57'],
    }),
    line(63_010, 'sbc', 'alice', '200 OK', callId, { cseq: '4 BYE' }),
  ]
}

function reports(callId: string, second: number): Line[] {
  const report = (from: Host, to: Host, ssrc: number, lost: number, jitter: number) =>
    line(second * 1000, from, to, rtcpText(ssrc, lost, jitter), callId, { protocol: 5 })
  return [
    report('alice', 'pbx', 0xa11ce, second === 20 ? 24 : 2, 60 + second),
    report('pbx', 'alice', 0xb0b, 0, 30 + (second % 10)),
  ]
}

export const rtcpText = (ssrc: number, lost: number, jitter: number): string =>
  JSON.stringify({
    sender_information: { packets: 100, octets: 16_000 },
    ssrc,
    type: 200,
    report_count: 1,
    report_blocks: [
      { source_ssrc: ssrc + 1, fraction_lost: lost, packets_lost: lost, ia_jitter: jitter },
    ],
  })

export function line(
  ms: number,
  from: Host,
  to: Host,
  what: string,
  callId: string,
  more: Partial<Line> = {},
): Line {
  // An answer belongs to the INVITE unless something else is said.
  return { ms, from, to, what, callId, ...more }
}

/** Sends scenes, each beginning at its time in microseconds since 1970; returns how many packets. */
export async function sendScenes(
  { host, port }: { readonly host: string; readonly port: number },
  scenes: readonly { readonly startUs: number; readonly lines: readonly Line[] }[],
): Promise<number> {
  const socket = createSocket('udp4')
  let count = 0
  for (const { startUs, lines } of scenes) {
    for (const one of lines) {
      const packet = packetOf(one, startUs)
      await new Promise((resolve) => socket.send(packet, port, host, resolve))
      count += 1
    }
  }
  socket.close()
  return count
}
