// Where media flows: addresses that session descriptions name, and those between which a report travelled. A
// report without any id belongs to the call whose SDP named one of its addresses:
//
//   m=audio 4000 … a=rtcp:4100   RTP 10.0.0.1:4000, RTCP 10.0.0.1:4100; without a=rtcp the next port
//   media 10.0.0.1:4001 10.0.0.2:5001 2026-11-21T12Z
//         └ what such reports are filed under until then: both ends, in order, and the hour, because ports
//           go from call to call. Blanks: no Call-ID has them.

import { sdpOf } from '../body-sdp.ts'
import type { TracedMessage } from '../message.ts'
import type { Sdp } from '../sdp.ts'
import { addressText } from './report-json.ts'

const HOUR_US = 3_600_000_000
const PREFIX = 'media '
const ADDRESSES_MAX = 64

/** 'ip:port' as reports have it; '' for what is none. */
export function mediaAddress(ip: string, port: number): string {
  return ip === '0.0.0.0' || ip === '::' ? '' : addressText(plainIp(ip), port)
}

/** IPv6 as RFC 5952 writes it: SDP may have it in capitals, or at length. */
export function plainIp(ip: string): string {
  if (!ip.includes(':')) return ip
  try {
    return new URL(`http://[${ip}]`).hostname.slice(1, -1)
  } catch {
    return ip.toLowerCase()
  }
}

/** Every address reports about these streams may come from or go to. */
export function addressesOfSdp({ media }: Sdp): readonly string[] {
  const addresses = media.flatMap(({ ip, port, rtcpPort, protocol }) =>
    /RTP/i.test(protocol) && port > 0
      ? [port, port + 1, rtcpPort ?? 0].map((one) => mediaAddress(ip, one))
      : [],
  )
  return [...new Set(addresses)].filter((address) => address !== '')
}

/**
 * Every media address named in a call, with the codec its stream agreed on: what the last answer puts first
 * of its m= line, until there is one what was offered; '' when it has no name.
 */
export function mediaOfCall(messages: readonly TracedMessage[]): ReadonlyMap<string, string> {
  const lines = new Map<string, number>()
  const agreed = new Map<number, string>()
  for (const message of messages) {
    const sdp = sdpOf(message)
    for (const [line, media] of sdp?.media.entries() ?? []) {
      if (message.sip?.kind === 'response' || !agreed.has(line)) agreed.set(line, codecOf(media))
      for (const address of addressesOfSdp({ ...sdp!, media: [media] })) {
        if (lines.size < ADDRESSES_MAX || lines.has(address)) lines.set(address, line)
      }
    }
  }
  return new Map([...lines].map(([address, line]) => [address, agreed.get(line) ?? '']))
}

const codecOf = ({ formats }: Sdp['media'][number]): string =>
  formats.find(({ name }) => name !== '' && !/^(?:telephone-event|CN)\b/i.test(name))?.name ?? ''

type Ends = Pick<TracedMessage, 'atUs' | 'dstIp' | 'dstPort' | 'srcIp' | 'srcPort'>

/** The addresses a packet travelled between, those that are there. */
export const addressesOfPacket = ({ srcIp, srcPort, dstIp, dstPort }: Ends): readonly string[] =>
  [mediaAddress(srcIp, srcPort), mediaAddress(dstIp, dstPort)].filter((address) => address !== '')

/** What a report without an id is filed under; '' when it names no addresses either. */
export function mediaIdOf(packet: Ends): string {
  const addresses = addressesOfPacket(packet).toSorted()
  return addresses.length < 2 ? '' : `${PREFIX}${addresses.join(' ')} ${hourText(packet.atUs)}`
}

/** The keys by which such reports are found again, one for each of its addresses. */
export function mediaKeysOf(filedUnder: string): readonly string[] {
  if (!filedUnder.startsWith(PREFIX)) return NO_KEYS
  const [, ...words] = filedUnder.split(' ')
  const hour = words.at(-1) ?? ''
  return words.slice(0, -1).map((address) => mediaKey(address, hour))
}

const NO_KEYS: readonly string[] = []
const HOURS_MAX = 26

/** The keys of reports on any of the addresses, from one time to another; a day of them at most. */
export function mediaKeysWithin(
  addresses: Iterable<string>,
  fromUs: number,
  toUs: number,
): readonly string[] {
  const first = Math.floor(fromUs / HOUR_US)
  const count = Math.min(HOURS_MAX, Math.floor(toUs / HOUR_US) - first + 1)
  const hours = Array.from({ length: Math.max(0, count) }, (_, i) =>
    hourText((first + i) * HOUR_US),
  )
  return [...addresses].flatMap((address) => hours.map((hour) => mediaKey(address, hour)))
}

const mediaKey = (address: string, hour: string): string => `media:${address}@${hour}`

const hourText = (us: number): string => `${new Date(us / 1000).toISOString().slice(0, 13)}Z`
