// An agent's address as one text. A socket bound to :: shows IPv4 peers as ::ffff:10.1.2.3; allow
// lists, keys, limits and the spool all want 10.1.2.3, whichever socket it came through.
import { isIP } from 'node:net'

const MAPPED = '::ffff:'

/** The address without its IPv4-mapped prefix; allocates only when there is one. */
export function peerAddress(ip: string): string {
  if (ip.charCodeAt(0) !== 58 || !ip.startsWith(MAPPED)) return ip // 58 is ':'
  const inner = ip.slice(MAPPED.length)
  return isIP(inner) === 4 ? inner : ip
}

/** Writes `host:port` so that it can be read back: IPv6 in brackets. */
export const addressText = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
