// IP addresses and blocks of them, for `ip:10.0.0.0/8`. Addresses become 128-bit numbers, IPv4 ones
// as themselves with their own width, so that 10.0.0.1 and ::a00:1 stay different things; the mapped
// form ::ffff:10.0.0.1, which dual-stack agents send, is read as the IPv4 address it means.

export interface CidrBlock {
  readonly version: 4 | 6
  /** The first address of the block. */
  readonly first: bigint
  readonly bits: number
}

interface Address {
  readonly version: 4 | 6
  readonly number: bigint
}

/** `10.1.2.3`, `10.0.0.0/8`, `2001:db8::/32`, `[::1]`; bits behind the mask are cleared. */
export function parseCidr(text: string): CidrBlock | undefined {
  const match = /^\[?([^/[\]]+)\]?(?:\/(\d{1,3}))?$/.exec(text)
  const address = match && parseAddress(match[1]!)
  if (!address) return undefined
  const width = address.version === 4 ? 32 : 128
  const isMapped = width === 32 && match[1]!.includes(':')
  const bits = match[2] === undefined ? width : Number(match[2]) - (isMapped ? 96 : 0)
  if (bits > width || bits < 0) return undefined
  const rest = BigInt(width - bits)
  return { version: address.version, first: (address.number >> rest) << rest, bits }
}

/** The block as text; `parseCidr` reads it back. */
export function cidrText({ version, first, bits }: CidrBlock): string {
  const text = version === 4 ? ipv4Text(first) : ipv6Text(first)
  return bits === (version === 4 ? 32 : 128) ? text : `${text}/${bits}`
}

export function cidrContains(block: CidrBlock, text: string): boolean {
  const address = parseAddress(text)
  if (address?.version !== block.version) return false
  const rest = BigInt((block.version === 4 ? 32 : 128) - block.bits)
  return address.number >> rest === block.first >> rest
}

/** The text that every address in the block begins with, as LIKE wants it; '' when nothing is sure. */
export function cidrPrefix({ version, first, bits }: CidrBlock): string {
  if (version === 6 || bits < 8) return ''
  const octets = ipv4Text(first).split('.')
  return bits === 32 ? octets.join('.') : `${octets.slice(0, Math.floor(bits / 8)).join('.')}.`
}

function parseAddress(text: string): Address | undefined {
  if (!text.includes(':')) return ipv4(text)
  const number = ipv6(text)
  if (number === undefined) return undefined
  return number >> 32n === 0xffffn
    ? { version: 4, number: number & 0xffff_ffffn }
    : { version: 6, number }
}

function ipv4(text: string): Address | undefined {
  const octets = text.split('.')
  if (octets.length !== 4) return undefined
  let number = 0n
  for (const octet of octets) {
    if (!/^\d{1,3}$/.test(octet) || Number(octet) > 255) return undefined
    number = (number << 8n) | BigInt(octet)
  }
  return { version: 4, number }
}

function ipv6(text: string): bigint | undefined {
  const halves = text.replace(/%.*$/, '').split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(groupsOf)
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<number>(halves.length === 1 ? 0 : missing).fill(0)]
  return [...groups, ...(tail ?? [])].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
}

/** The 16-bit groups of one side of `::`; the last may be an IPv4 address, which is two. */
function groupsOf(half: string): number[] | undefined {
  if (half === '') return []
  const groups: number[] = []
  const texts = half.split(':')
  for (const [i, text] of texts.entries()) {
    const dotted = i === texts.length - 1 && text.includes('.') ? ipv4(text) : undefined
    if (dotted) groups.push(Number(dotted.number >> 16n), Number(dotted.number & 0xffffn))
    else if (/^[0-9a-f]{1,4}$/i.test(text)) groups.push(Number.parseInt(text, 16))
    else return undefined
  }
  return groups.length > 8 ? undefined : groups
}

function ipv4Text(number: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (number >> shift) & 0xffn).join('.')
}

function ipv6Text(number: bigint): string {
  const groups = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n].map((shift) =>
    ((number >> shift) & 0xffffn).toString(16),
  )
  return groups.join(':')
}
