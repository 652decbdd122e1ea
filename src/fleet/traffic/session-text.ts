// What calls carry besides SIP itself: SDP bodies, and the RTCP reports and log lines that media
// relays and proxies mirror with the call's Call-ID as correlation id.
import type { Party } from './cast.ts'
import type { Random } from './random.ts'

/** An offer of several codecs, or an answer with the one chosen. */
export function sdpText(random: Random, { contact }: Party, kind: 'offer' | 'answer'): string {
  const family = contact.ip.includes(':') ? 'IP6' : 'IP4'
  const codecs = kind === 'offer' ? OFFERED : OFFERED.slice(0, 1)
  const id = random.integer(1_000_000, 9_999_999)
  return [
    'v=0',
    `o=- ${id} ${id + 1} IN ${family} ${contact.ip}`,
    's=-',
    `c=IN ${family} ${contact.ip}`,
    't=0 0',
    `m=audio ${mediaPort(random)} RTP/AVP ${codecs.map(([type]) => type).join(' ')} 101`,
    ...codecs.map(([type, name]) => `a=rtpmap:${type} ${name}`),
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
}

const OFFERED = [
  [8, 'PCMA/8000'],
  [9, 'G722/8000'],
  [0, 'PCMU/8000'],
  [18, 'G729/8000'],
] as const

export const mediaPort = (random: Random): number => random.integer(5_000, 15_000) * 2

/** A sender report with one block, as JSON: protocol type 5. */
export function rtcpText(random: Random, seconds: number): string {
  const ssrc = random.integer(1, 0xffffffff)
  return JSON.stringify({
    sender_information: {
      ...{
        ntp_timestamp_sec: 3_900_000_000 + seconds,
        ntp_timestamp_usec: random.integer(0, 999_999),
      },
      ...{ rtp_timestamp: seconds * 8_000, packets: seconds * 50, octets: seconds * 8_000 },
    },
    ...{ ssrc, type: 200, report_count: 1 },
    report_blocks: [
      {
        ...{ source_ssrc: random.integer(1, 0xffffffff), highest_seq_no: seconds * 50 },
        ...{ fraction_lost: random.chance(0.9) ? 0 : random.integer(1, 40), packets_lost: 0 },
        ...{ ia_jitter: random.integer(5, 300), lsr: random.integer(1, 0xffffffff), dlsr: 40_000 },
      },
    ],
  })
}

/** A line a proxy writes about the call: protocol type 100. */
export const logText = (random: Random, callId: string): string =>
  random.pick([
    `INFO: <script>: routing ${callId} to carrier ${random.pick(['A', 'B'])}, 2 gateways left`,
    `WARNING: <script>: ${callId}: gateway 10.20.0.${random.integer(11, 16)} answered late`,
    `NOTICE: rtpengine: ${callId}: media relay chosen, ${random.integer(1, 900)} calls up`,
  ])
