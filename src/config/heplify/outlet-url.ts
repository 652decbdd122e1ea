// LokiURL, ESAddr and LineprotoURL with the keys beside them, as one destination in `relay.to` each; a
// login goes into `relay.auth`, because destinations are logged. A URL that is a reference to a secret is
// left as it is.
import { refersToSecret } from '../secrets.ts'
import type { Outcome, Values } from './heplify-key.ts'

type Service = 'loki' | 'elastic' | 'influx'

const BATCH_KIB_MAX = 8192

interface Login {
  readonly user: string
  readonly password: string
}

/** The destination that `key` asks for. */
export function outletOf(
  service: Service,
  key: string,
  v: Values,
  options: Readonly<Record<string, string>>,
  login?: Login,
): Outcome {
  const given = v.text(key)
  if (given === 'off') return { kind: 'honoured', what: 'off, as there' }
  const { address, found, query } = refersToSecret(given)
    ? { address: given, found: undefined, query: {} }
    : takeApart(given)
  const all = Object.entries<string>({ name: service, ...query, ...options }).filter(
    ([, text]) => text !== '',
  )
  const text = `${service}+${address}?${all.map(([name, value]) => `${name}=${value}`).join('&')}`
  const { user, password } = login?.user ? login : (found ?? { user: '', password: '' })
  return {
    kind: 'honoured',
    what: `relay.to: ${service}, from the spool with a cursor of its own; it may be away without loss (docs/outlets.md)`,
    settings: {
      'relay.to': [text],
      ...(user ? { 'relay.auth': [`${service} basic ${user}:${password}`] } : {}),
    },
  }
}

// A port that is not given is that of http, as there, and not that of the service.
function takeApart(text: string) {
  const url = new URL(text)
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const parameter = (name: string) => url.searchParams.get(name) ?? ''
  const user = decodeURIComponent(url.username) || parameter('u')
  const password = decodeURIComponent(url.password) || parameter('p')
  const query = Object.fromEntries(
    ['db', 'rp', 'org', 'bucket'].map((name) => [name, encodeURIComponent(parameter(name))]),
  )
  return {
    address: `${url.protocol}//${url.hostname}:${port}${url.pathname.replace(/\/+$/, '')}`,
    found: user ? { user, password } : undefined,
    query,
  }
}

/** `1+5+100`. */
export const typesOf = (types: readonly string[]): string => types.join('+') || 'all'

/** KiB of a request, within what a request may have. */
export const kibOf = (kib: number): string => String(Math.min(kib, BATCH_KIB_MAX))
