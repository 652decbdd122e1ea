// Hosts that metrics tell apart, by address (heplify-server's PromTargetIP and PromTargetName).
//
//   a packet from a target     target_name="NAME", direction="src"
//   a packet to a target       target_name="NAME", direction="dst"; from one to another counts for both
//   neither                    target_name="unknown", direction=""
//   no targets at all          target_name="", direction="", and every message of a call counts once
import { isIPv6 } from 'node:net'

export class Targets {
  readonly #names: ReadonlyMap<string, string>

  /** Each 'ADDRESS=NAME'. */
  constructor(targets: readonly string[] = []) {
    this.#names = new Map(targets.map(parseTarget))
  }

  get isEmpty(): boolean {
    return this.#names.size === 0
  }

  nameOf(ip: string): string | undefined {
    return this.#names.get(ip)
  }

  /** One name for both ends: that of the sender, else of the receiver. */
  between(srcIp: string, dstIp: string): string {
    if (this.isEmpty) return ''
    return this.nameOf(srcIp) ?? this.nameOf(dstIp) ?? UNKNOWN
  }

  /** Calls back for each end that is a target; once, as unknown, when there are none among them. */
  forEach(srcIp: string, dstIp: string, each: (name: string, direction: string) => void): void {
    const src = this.nameOf(srcIp)
    const dst = this.nameOf(dstIp)
    if (src !== undefined) each(src, 'src')
    if (dst !== undefined) each(dst, 'dst')
    if (src === undefined && dst === undefined) each(UNKNOWN, '')
  }
}

const UNKNOWN = 'unknown'

function parseTarget(target: string): [ip: string, name: string] {
  const equals = target.indexOf('=')
  return [asInPackets(target.slice(0, equals).trim()), target.slice(equals + 1).trim()]
}

// Packets name an IPv6 address in one way only; people have many.
function asInPackets(ip: string): string {
  return isIPv6(ip) ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip
}
