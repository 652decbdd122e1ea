// A call as a capture file. One packet per message, however many taps saw it; a retransmission is a
// packet of its own. What HEP does not carry is made up (ip-packet.ts), and what cannot be shown as it
// was is shown so that tools still read it, with a comment on the packet:
//
//   UDP                      UDP
//   TCP                      TCP, each direction counting its bytes on from 1, no handshake
//   TLS, WebSocket, SCTP     UDP: the payload was unwrapped before HEP saw it, and on the ports of HTTP
//                            Wireshark would take it for broken HTTP
//   UDP, but too big for it  TCP in segments: such a payload came compressed or from fragments
//
// RTP and RTCP are packets when they are binary. Reports in JSON and log lines never were packets:
// they are left out, and the file's own comment says how many.
import { PROTOCOL } from '#hep'
import { type FoldedMessage, foldTaps, type TracedMessage } from '#sip'
import type { Trace } from '../call-store.ts'
import { formatTime } from '../http/time.ts'
import {
  type IpPath,
  ipPath,
  tcpPayloadMax,
  tcpSegment,
  udpPacket,
  udpPayloadMax,
} from './ip-packet.ts'
import { pcapngHeader, pcapngPacket } from './pcapng.ts'

const UDP = 17
const TCP = 6
// SIP over WebSocket, whatever the agent says of the transport.
const HTTP_PORTS = new Set([80, 8080, 8088])

/** A pcapng file of the messages; `callIds` are named in its comment. */
export function exportPcap(trace: Trace, callIds: readonly string[]): Uint8Array<ArrayBuffer> {
  const messages = foldTaps(trace)
  const packets = messages.filter(({ message }) => wasPacket(message))
  const streams = new TcpStreams()
  return Buffer.concat([
    pcapngHeader(
      'Calliope',
      [
        ...fileComment(messages, packets.length, callIds),
        ...(trace.omitted
          ? [`${trace.omitted} messages beyond the export's limit are left out.`]
          : []),
      ].join('\n'),
    ),
    ...packets.flatMap((message) => packetsOf(message, streams)),
  ])
}

function packetsOf(folded: FoldedMessage, streams: TcpStreams): Buffer[] {
  const { message } = folded
  const path = ipPath(message.srcIp, message.srcPort, message.dstIp, message.dstPort)
  const form = formOf(message, path)
  const packets =
    form.as === UDP
      ? [udpPacket(path, message.payload)]
      : streams.segments(path, message.payload, message)
  const comment = [form.because, ...tapComment(folded)].filter(Boolean).join('\n')
  return packets.map((packet, i) => pcapngPacket(message.atUs, packet, i === 0 ? comment : ''))
}

function formOf(
  message: TracedMessage,
  path: IpPath,
): { as: typeof UDP | typeof TCP; because: string } {
  const { ipProtocol, payload, srcPort, dstPort } = message
  if (payload.length > udpPayloadMax(path))
    return { as: TCP, because: ipProtocol === TCP ? '' : 'too big for UDP: shown as TCP' }
  if (ipProtocol === UDP) return { as: UDP, because: '' }
  if (ipProtocol === TCP && !HTTP_PORTS.has(srcPort) && !HTTP_PORTS.has(dstPort))
    return { as: TCP, because: '' }
  return { as: UDP, because: `unwrapped from ${protocolName(ipProtocol)}: shown as UDP` }
}

const protocolName = (ipProtocol: number): string =>
  ipProtocol === TCP
    ? 'WebSocket'
    : ipProtocol === 22
      ? 'TLS or WebSocket'
      : ipProtocol === 132
        ? 'SCTP'
        : `IP protocol ${ipProtocol}`

/** Each direction of a connection counts on from where its last message ended. */
class TcpStreams {
  readonly #sent = new Map<string, number>()

  segments(path: IpPath, payload: Buffer, { srcIp, srcPort, dstIp, dstPort }: TracedMessage) {
    const forth = `${srcIp} ${srcPort} ${dstIp} ${dstPort}`
    const ack = this.#sent.get(`${dstIp} ${dstPort} ${srcIp} ${srcPort}`) ?? 1
    const segments: Buffer[] = []
    for (let at = 0; at < payload.length; at += tcpPayloadMax(path)) {
      const part = payload.subarray(at, at + tcpPayloadMax(path))
      const seq = this.#sent.get(forth) ?? 1
      segments.push(tcpSegment(path, seq, ack, part))
      this.#sent.set(forth, seq + part.length)
    }
    return segments
  }
}

const wasPacket = ({ protocolType, payload }: TracedMessage): boolean =>
  protocolType === PROTOCOL.sip || (protocolType !== PROTOCOL.log && payload[0] !== 0x7b) // '{'

function fileComment(
  messages: readonly FoldedMessage[],
  packetCount: number,
  callIds: readonly string[],
): string[] {
  const leftOut = messages.length - packetCount
  return [
    `Call-ID ${callIds.join(', ')}`,
    'Made from HEP: payloads, addresses, ports and times are as captured, other header fields are not.',
    ...(leftOut > 0
      ? [`${leftOut} log lines or JSON reports never were packets; the text export has them.`]
      : []),
  ]
}

// Who saw it, and how much later than the first.
const tapComment = ({ message, taps, repeatOf }: FoldedMessage): string[] => [
  ...taps.map(({ captureId, captureNode, atUs }) => {
    const name = captureNode ? `${captureId} (${captureNode})` : String(captureId)
    return `captured by ${name} ${atUs === message.atUs ? '' : `+${(atUs - message.atUs) / 1000} ms`}`.trim()
  }),
  ...(repeatOf === undefined ? [] : ['the same bytes were sent before']),
  ...(message.clockClamped
    ? [`the agent's clock was absurd: ${formatTime(message.atUs)} is when we received it`]
    : []),
]
