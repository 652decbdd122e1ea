// A destination as a person writes it, one text:
//
//   http://10.0.1.11:9080 http://10.0.1.12:9080     Calliopes, by address: a blank between nodes
//   http://capture.internal:9080                    … each address the name has is a node (A, AAAA)
//   https+srv://_calliope._tcp.example              … host and port of each SRV record
//   http+cloudmap://capture.calliope.local          … AWS Cloud Map: service.namespace
//   http+k8s://calliope.voip:9080                   … Kubernetes: service.namespace
//   udp://heplify.example:9060?flows=512            plain HEP over UDP; tcp:// and tls:// likewise
//
//   ?name=homer        the name of its cursor, metrics and journal
//   &health=9080       where a plain HEP node says whether it takes work: the port of its /readyz
//   &flows=256         source ports (udp), connections to each node (tcp, tls, http)
//   &rate=50000        frames a second at most (udp)
//   &port=hep          the port by its name (k8s)
//
// Services such as Loki are written likewise: services/service-destination.ts.
import { isIP } from 'node:net'
import {
  isService,
  parseService,
  SERVICES,
  type ServiceDestination,
} from './services/service-destination.ts'

export const SCHEMES = ['http', 'https', 'udp', 'tcp', 'tls'] as const
export type Scheme = (typeof SCHEMES)[number]

/** Where the nodes of a destination are found. */
export type Origin =
  | { readonly kind: 'address'; readonly target: string }
  | { readonly kind: 'name'; readonly host: string; readonly port: number }
  | { readonly kind: 'srv'; readonly host: string }
  | {
      readonly kind: 'cloudmap'
      readonly service: string
      readonly namespace: string
      readonly port: number
      readonly region: string | undefined
      /** Where the AWS API is, for tests. */
      readonly endpoint: string | undefined
    }
  | {
      readonly kind: 'k8s'
      readonly service: string
      readonly namespace: string
      /** A number, or the name of a port; '' = the first there is. */
      readonly port: string
    }

export interface Destination {
  readonly name: string
  readonly scheme: Scheme
  readonly origins: readonly Origin[]
  readonly flows: number | undefined
  readonly framesPerSecondMax: number | undefined
  readonly healthPort: number | undefined
  /** Of what is not HEP: a service that takes documents over HTTP. */
  readonly service?: ServiceDestination
}

/** Something wrong with a destination, for the person who wrote it. */
export class DestinationError extends Error {
  readonly code = 'RELAY_BAD_DESTINATION'
}

const PORTS: Record<Scheme, number> = { http: 9080, https: 9080, udp: 9060, tcp: 9061, tls: 9062 }
const OPTIONS = ['name', 'health', 'flows', 'rate', 'port', 'region', 'endpoint']
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
const FLOWS_MAX = 16_384

/** Reads a destination; throws DestinationError. */
export function parseDestination(text: string): Destination {
  const destination = isService(text)
    ? parseService(text, nameOf, (what) => bad(text.replace(/\/\/[^/?\s]*@/g, '//…@'), what))
    : parseHep(text)
  const { name } = destination
  if (!NAME.test(name)) throw bad(text, `name=${name}: use 1 to 63 of a-z, 0-9 and "-"`)
  return destination
}

function parseHep(text: string): Destination {
  const parts = text
    .trim()
    .split(/\s+/)
    .map((part) => parsePart(part))
  const schemes = [...new Set(parts.map(({ scheme }) => scheme))]
  if (schemes.length > 1)
    throw bad(text, `the nodes of one destination speak one protocol, not ${schemes.join(' and ')}`)
  const options = new Map(parts.flatMap(({ options }) => [...options]))
  const name = options.get('name') ?? nameOf(text)
  return {
    ...{ name, scheme: schemes[0]!, origins: parts.map(({ origin }) => origin) },
    flows: numberIn(text, options, 'flows', FLOWS_MAX),
    framesPerSecondMax: numberIn(text, options, 'rate', 10_000_000),
    healthPort: numberIn(text, options, 'health', 65_535),
  }
}

/** All of them; throws when two have one name. */
export function parseDestinations(texts: readonly string[]): Destination[] {
  const all = texts.map(parseDestination)
  const twice = all.find(({ name }, i) => all.findIndex((other) => other.name === name) < i)
  if (twice) throw bad(twice.name, 'two destinations have this name: give one ?name=…')
  return all
}

function parsePart(text: string) {
  const [, scheme = '', how, rest = ''] = /^([a-z]+)(?:\+([a-z0-9]+))?:\/\/(.*)$/.exec(text) ?? []
  if (!isScheme(scheme))
    throw bad(
      text,
      `begin with one of ${SCHEMES.map((each) => `${each}://`).join(', ')}, or ${SERVICES.join('+, ')}+`,
    )
  const url = URL.canParse(`x://${rest}`) ? new URL(`x://${rest}`) : undefined
  if (!url?.hostname || (url.pathname !== '' && url.pathname !== '/'))
    throw bad(text, 'HOST or HOST:PORT must follow, and nothing but ?options behind it')
  const unknown = [...url.searchParams.keys()].find((key) => !OPTIONS.includes(key))
  if (unknown) throw bad(text, `no option '${unknown}'; there are ${OPTIONS.join(', ')}`)
  return { scheme, origin: originOf(text, scheme, how, url), options: url.searchParams }
}

const isScheme = (text: string): text is Scheme => SCHEMES.includes(text as Scheme)

function originOf(text: string, scheme: Scheme, how: string | undefined, url: URL): Origin {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || PORTS[scheme])
  if (how === undefined) {
    if (isIP(host)) return { kind: 'address', target: targetText(scheme, host, port) }
    return { kind: 'name', host, port }
  }
  if (how === 'srv') return { kind: 'srv', host }
  const [, service = '', namespace = ''] = /^([^.]+)\.(.+)$/.exec(host) ?? []
  if ((how === 'cloudmap' || how === 'k8s') && !service)
    throw bad(text, 'SERVICE.NAMESPACE must follow')
  if (how === 'k8s')
    return { kind: 'k8s', service, namespace, port: url.port || url.searchParams.get('port') || '' }
  if (how !== 'cloudmap') throw bad(text, `nodes are found by srv, cloudmap or k8s, not '${how}'`)
  const { searchParams } = url
  const [region, endpoint] = ['region', 'endpoint'].map((key) => searchParams.get(key) ?? undefined)
  return { kind: 'cloudmap', service, namespace, port, region, endpoint }
}

/** A node as the outlets know it; `name` is what its certificate is for, when that is not the address. */
export const targetText = (scheme: Scheme, host: string, port: number, name = ''): string =>
  `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}${name ? `#${name}` : ''}`

function numberIn(
  text: string,
  options: ReadonlyMap<string, string>,
  key: string,
  max: number,
): number | undefined {
  const raw = options.get(key)
  if (raw === undefined) return undefined
  const number = Number(raw)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw bad(text, `${key}=${raw}: give a whole number from 1 to ${max}`)
}

// The first node's address, as far as a name may hold it: the same as long as that stays the first.
const nameOf = (text: string): string =>
  text
    .trim()
    .split(/[\s?]/)[0]!
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)

const bad = (text: string, what: string): DestinationError =>
  new DestinationError(`relay.to: '${text}': ${what}`)
