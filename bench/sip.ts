// Microseconds per message for parseSip and what the store does with every message besides.
//   node_modules/.bin/bun bench/sip.ts
import { decodeHep } from '#hep'
import { callStateOf, correlationKeysOf, customHeaders, parseSip, type TracedMessage } from '#sip'
import { readFixture } from '../test/fixtures/pcap.ts'

const ROUNDS = 12
const CALLS = process.env.CALLIOPE_BENCH_QUICK ? 5_000 : 200_000

const HEADERS = [
  'Via: SIP/2.0/UDP 10.1.2.3:5060;rport;branch=z9hG4bK-524287-1---7f5e3a1b2c',
  'Max-Forwards: 70',
  'Contact: <sip:alice@10.1.2.3:5060;transport=udp>',
  'To: <sip:+4989123456@sbc.example.net>',
  'From: "Alice Example" <sip:+4930987654@example.net>;tag=3f7a9d21',
  'Call-ID: 84e2a1c04b7f4e2d9f@10.1.2.3',
  'CSeq: 1 INVITE',
  'Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, INFO, UPDATE',
  'Content-Type: application/sdp',
  'User-Agent: Example Phone 4.2.1',
  'Content-Length: 160',
]
const SDP = [
  'v=0',
  'o=- 13 2 IN IP4 10.1.2.3',
  's=call',
  'c=IN IP4 10.1.2.3',
  't=0 0',
  'm=audio 49170 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=sendrecv',
  '',
]

/** Different Call-IDs, so that nothing is remembered from the message before. */
function variants(startLine: string): Buffer[] {
  const text = [startLine, ...HEADERS, '', ...SDP].join('\r\n')
  return Array.from({ length: 1_000 }, (_, i) =>
    Buffer.from(text.replace('84e2a1c0', String(10_000_000 + i))),
  )
}

/** Best of some rounds: what the code costs when nothing else wants the processor. */
function usPerCall<T>(items: readonly T[], run: (item: T) => unknown): string {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now()
    for (let i = 0; i < CALLS; i += 1) run(items[i % items.length]!)
    best = Math.min(best, performance.now() - started)
  }
  return ((best / CALLS) * 1000).toFixed(3)
}

function traced(payload: Buffer): TracedMessage {
  const sip = parseSip(payload)
  const ends = { srcIp: '10.1.2.3', srcPort: 5060, dstIp: '10.1.2.4', dstPort: 5060 }
  const times = { atUs: 1, receivedUs: 1, clockClamped: false }
  const agent = { captureId: 1, captureNode: '', correlationId: '' }
  const protocol = { ipProtocol: 17, protocolType: 1 }
  return {
    ...ends,
    ...times,
    ...agent,
    ...protocol,
    payload,
    sip: sip.kind === 'malformed' ? undefined : sip,
  }
}

const invites = variants('INVITE sip:+4989123456@sbc.example.net:5060;user=phone SIP/2.0')
const answers = variants('SIP/2.0 200 OK')
const fixture = readFixture().flatMap(({ hep }) => {
  const packet = decodeHep(hep)
  return packet.kind === 'packet' && packet.protocolType === 1 ? [packet.payload] : []
})

for (const [name, payloads] of Object.entries({ INVITE: invites, '200 OK': answers, fixture })) {
  const bytes = Math.round(payloads.reduce((sum, { length }) => sum + length, 0) / payloads.length)
  const floor = usPerCall(payloads, (payload) => payload.toString('latin1'))
  const us = usPerCall(payloads, parseSip)
  console.log(`parseSip ${name}, ${bytes} bytes: ${us} us (decoding the bytes alone: ${floor} us)`)
}

// Calls of seven messages, as the store groups them.
const seven = invites.map((payload, i) => {
  const call = [payload, ...Array.from({ length: 6 }, (_, k) => answers[(i + k) % answers.length]!)]
  return call.map(traced)
})
const perMessage = (us: string) => (Number(us) / 7).toFixed(3)
console.log(`callStateOf: ${perMessage(usPerCall(seven, callStateOf))} us a message`)
console.log(`correlationKeysOf: ${perMessage(usPerCall(seven, correlationKeysOf))} us a message`)
const names = ['X-Customer', 'P-Asserted-Identity', 'User-Agent']
console.log(
  `customHeaders, three names: ${usPerCall(invites, (one) => customHeaders(one, names))} us a message`,
)
