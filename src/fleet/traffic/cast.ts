// Who takes part: phones with numbers, names and user agents, and the servers they talk to. All
// addresses are from the ranges set aside for documentation and private use.
import type { Random } from './random.ts'

export interface Host {
  readonly ip: string
  readonly port: number
}

/** One end of a dialog. */
export interface Party extends Host {
  readonly kind: 'phone' | 'server'
  readonly user: string
  readonly name: string
  readonly domain: string
  readonly userAgent: string
  /** Where it believes to be reachable: a private address when it sits behind NAT. */
  readonly contact: Host
}

const AREAS = ['+4989', '+4930', '+4940', '+49221', '+43122', '+41445', '+44207', '+12125']
const NAMES = ['Anna Berger', 'Jonas Weber', 'Support', 'Mia Hoffmann', 'Front Desk', 'Sales 2']
const DOMAINS = ['voice.example.com', 'sip.example.net', 'pbx.example.org', 'tel.example.com']
const PHONES = [
  'Yealink SIP-T46S 66.86.0.15',
  'snomD785/10.1.141.13',
  'Grandstream GXP2170 1.0.11.48',
  'PolycomVVX-VVX_410-UA/5.9.7.4477',
  'Cisco-CP8851/12.8.1',
  'AVM FRITZ!Box 7590 154.07.57',
  'Linphone/4.5.2 (belle-sip/5.1.58)',
  'Zoiper v2.10.19.5',
]
const SERVERS = [
  'Asterisk PBX 18.10.0',
  'FreeSWITCH-mod_sofia/1.10.9',
  'kamailio (5.6.3)',
  'SBC 7.4',
]

export interface PhoneOptions {
  readonly random: Random
  readonly domain: string
  readonly nat?: boolean
  readonly ipv6?: boolean
}

/** A phone; its number ends with four digits that a ring of packets may change per lap. */
export function castPhone({ random, domain, nat = false, ipv6 = false }: PhoneOptions): Party {
  const ip = ipv6
    ? `2001:db8:${random.hex(3).replace(/^0+/, '') || '1'}::${random.integer(0x10, 0xfff).toString(16)}`
    : `${random.pick(['198.51.100', '203.0.113', '192.0.2'])}.${random.integer(2, 250)}`
  const home = { ip: `192.168.${random.integer(0, 20)}.${random.integer(2, 250)}`, port: 5060 }
  const place = {
    ip,
    port: nat ? random.integer(1024, 65_000) : random.pick([5060, 5060, 5062, 5080]),
  }
  return {
    kind: 'phone',
    ...place,
    user: random.pick(AREAS) + random.digits(7),
    name: random.pick(NAMES),
    domain,
    userAgent: random.pick(PHONES),
    contact: nat ? home : place,
  }
}

/** A server; few of them, so that each sees many calls. */
export function castServer({ random, domain, ipv6 = false }: PhoneOptions): Party {
  const place = {
    ip: ipv6 ? `2001:db8::${random.integer(1, 4)}` : `10.20.0.${random.integer(11, 16)}`,
    port: 5060,
  }
  return {
    ...{ kind: 'server', ...place, user: '', name: '', domain },
    ...{ userAgent: random.pick(SERVERS), contact: place },
  }
}

/** The callee as a server knows it: the server's address, the callee's number. */
export const behind = (server: Party, callee: Party): Party => ({
  ...server,
  user: callee.user,
  name: callee.name,
})

export const pickDomain = (random: Random): string => random.pick(DOMAINS)

/** ip:port, as SIP and URIs write it. */
export const at = ({ ip, port }: Host): string =>
  ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`
