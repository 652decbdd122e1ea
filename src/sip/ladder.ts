// The ladder as data: columns are hosts, arrows are messages. Drawing is somebody else's business
// (draw-ladder.ts for the terminal, the page for the browser).
//
//     10.0.0.1        10.0.0.2:5060    10.0.0.2:5070        columns, in order of appearance
//        │── INVITE ──────▶│                 │              arrow 0: 0 -> 1
//        │                 │── INVITE ──────▶│              arrow 1: 1 -> 2
//
// A host is one column, whatever ports it uses, unless several of them are SIP's: two servers on one
// address (127.0.0.1:5060 and :5070), or phones behind one NAT. Over UDP every port counts; over a
// connection an ephemeral port is only the far end of it and says nothing, unless a host talks to
// itself. Media hosts and agents get a column when no column has their address yet.
import type { LadderArrow, LadderColumn } from '#contract'
import { sdpOf } from './body-sdp.ts'
import { labelOf } from './label.ts'
import type { TracedMessage } from './message.ts'
import { summariseSdp } from './summarise-sdp.ts'
import type { FoldedMessage } from './taps.ts'

export interface Ladder {
  readonly columns: readonly LadderColumn[]
  readonly arrows: readonly LadderArrow[]
}

/** Linux picks client ports from here up. */
const EPHEMERAL_PORT_MIN = 32_768
const UDP = 17
const SCTP = 132
const LOG_TYPE = 100

/** Lays folded messages out as columns and arrows; arrow i stands for message i. */
export function layOutLadder(folded: readonly FoldedMessage[]): Ladder {
  const columns = new Columns(splitHosts(folded.map(({ message }) => message)))
  const startUs = folded[0]?.message.atUs ?? 0
  const arrows = folded.map(({ message, repeatOf }, index): LadderArrow => {
    const from = columns.of(message, message.srcIp, message.srcPort)
    return {
      message: index,
      from,
      // A log line goes nowhere: it is something that happened at its host.
      to:
        message.protocolType === LOG_TYPE
          ? from
          : columns.of(message, message.dstIp, message.dstPort),
      label: labelOf(message),
      atMs: (message.atUs - startUs) / 1000,
      repeatOf: repeatOf ?? null,
      kind: kindOf(message),
      sdp: sdpTextOf(message),
    }
  })
  return { columns: columns.list, arrows }
}

/** Hands out column numbers as hosts appear. */
class Columns {
  readonly list: LadderColumn[] = []
  readonly #byLabel = new Map<string, number>()
  readonly #byIp = new Map<string, number>()
  readonly #splitHosts: ReadonlySet<string>

  constructor(splitHosts: ReadonlySet<string>) {
    this.#splitHosts = splitHosts
  }

  of({ sip }: TracedMessage, ip: string, port: number): number {
    // Only SIP knows SIP ports: everything else belongs to its host.
    const known = sip === undefined ? this.#byIp.get(ip) : undefined
    if (known !== undefined) return known
    const label = this.#splitHosts.has(ip) && sip !== undefined ? withPort(ip, port) : ip
    const column = this.#byLabel.get(label) ?? this.list.push({ label, ip }) - 1
    this.#byLabel.set(label, column)
    if (!this.#byIp.has(ip)) this.#byIp.set(ip, column)
    return column
  }
}

function withPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
}

/** Hosts that use several SIP ports in this call. */
function splitHosts(messages: readonly TracedMessage[]): ReadonlySet<string> {
  const ports = new Map<string, Set<number>>()
  for (const message of messages) {
    if (message.sip === undefined) continue
    notePort(ports, message, message.srcIp, message.srcPort)
    notePort(ports, message, message.dstIp, message.dstPort)
  }
  return new Set([...ports].filter(([, used]) => used.size > 1).map(([ip]) => ip))
}

function notePort(
  ports: Map<string, Set<number>>,
  message: TracedMessage,
  ip: string,
  port: number,
): void {
  const isDatagram = message.ipProtocol === UDP || message.ipProtocol === SCTP
  const isToItself = message.srcIp === message.dstIp
  if (!isDatagram && !isToItself && port >= EPHEMERAL_PORT_MIN) return
  const used = ports.get(ip)
  if (used === undefined) ports.set(ip, new Set([port]))
  else used.add(port)
}

function kindOf({ sip }: TracedMessage): LadderArrow['kind'] {
  if (sip === undefined) return 'other'
  if (sip.kind === 'request') return 'request'
  if (sip.status < 200) return 'provisional'
  return sip.status < 300 ? 'success' : 'failure'
}

function sdpTextOf(message: TracedMessage): string | null {
  const sdp = sdpOf(message)
  return sdp === undefined ? null : summariseSdp(sdp)
}
