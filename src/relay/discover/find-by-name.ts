// Nodes by DNS: every address of a name is a node. Where a name has IPv4 and IPv6 addresses only IPv4
// counts, for they are the same nodes twice. Of SRV records those of the lowest priority number count;
// their weights do not, for calls are spread evenly.
import dns from 'node:dns/promises'
import { type Scheme, targetText } from '../destination.ts'

/** The part of node:dns that is asked. */
export interface Resolver {
  lookup(host: string): Promise<readonly { address: string; family: number }[]>
  srv(host: string): Promise<readonly { name: string; port: number; priority: number }[]>
}

const system: Resolver = {
  lookup: (host) => dns.lookup(host, { all: true }),
  srv: (host) => dns.resolveSrv(host),
}

export async function findByName(
  scheme: Scheme,
  host: string,
  port: number,
  { lookup }: Resolver = system,
): Promise<string[]> {
  const found = await lookup(host)
  const family = found.some((each) => each.family === 4) ? 4 : 6
  const addresses = found.filter((each) => each.family === family).map(({ address }) => address)
  const name = scheme === 'https' || scheme === 'tls' ? host : ''
  return [...new Set(addresses)].map((address) => targetText(scheme, address, port, name))
}

export async function findBySrv(
  scheme: Scheme,
  host: string,
  resolver: Resolver = system,
): Promise<string[]> {
  const records = await resolver.srv(host)
  const first = Math.min(...records.map(({ priority }) => priority))
  const found = await Promise.all(
    records
      .filter(({ priority }) => priority === first)
      .map(({ name, port }) => findByName(scheme, name, port, resolver)),
  )
  return [...new Set(found.flat())]
}
