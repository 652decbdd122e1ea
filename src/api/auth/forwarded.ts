// Behind a proxy every connection comes from the proxy. What it says of the client in X-Forwarded-For
// and X-Forwarded-Proto is believed when its address is among http.trusted_proxies, and never otherwise:
// anybody can write a header.
import { BlockList, isIP } from 'node:net'
import type { Peer } from '../options.ts'

/** Who is really asking, and whether the way there is encrypted. */
export interface Client {
  readonly peer: Peer
  readonly isSecure: boolean
}

/** Finds the client behind proxies. */
export class Forwarded {
  readonly #trusted = new BlockList()

  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [ip = '', bits] = proxy.split('/')
      const family = isIP(ip) === 6 ? 'ipv6' : 'ipv4'
      if (bits === undefined) this.#trusted.addAddress(ip, family)
      else this.#trusted.addSubnet(ip, Number(bits), family)
    }
  }

  client(request: Request, peer: Peer): Client {
    const isHttps = request.url.startsWith('https:')
    if (!this.#trusts(peer.ip)) return { peer, isSecure: isHttps }
    // From the right: the last address that no proxy of ours wrote about itself.
    const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim())
    const client = hops.findLast((hop) => isIP(hop) !== 0 && !this.#trusts(hop))
    const scheme = request.headers.get('x-forwarded-proto') ?? ''
    return {
      peer: client === undefined ? peer : { ip: client, port: 0 },
      isSecure: isHttps || scheme.trim().toLowerCase() === 'https',
    }
  }

  #trusts(ip: string): boolean {
    const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '')
    const family = isIP(plain)
    return family !== 0 && this.#trusted.check(plain, family === 6 ? 'ipv6' : 'ipv4')
  }
}
