// IP addresses from text to the bytes a frame carries. Ours come from configuration or generated
// traffic, so a text that is no address is a mistake in the program and throws.

/** 4, 16, or 0 for the empty text: how many bytes the address takes. */
export const ipBytes = (text: string): 0 | 4 | 16 => (text === '' ? 0 : text.includes(':') ? 16 : 4)

/** Writes the address at `at`. */
export function writeIp(text: string, target: Buffer, at: number): void {
  const written = text.includes(':') ? writeIpv6(text, target, at) : writeIpv4(text, 0, target, at)
  if (!written) throw new TypeError(`'${text}' is not an IP address`)
}

function writeIpv4(text: string, from: number, target: Buffer, at: number): boolean {
  let octet = -1 // none of its digits seen yet
  let octets = 0
  for (let i = from; i <= text.length; i++) {
    const digit = text.charCodeAt(i) - 48 // NaN past the end
    if (digit >= 0 && digit <= 9) {
      octet = (octet < 0 ? 0 : octet * 10) + digit
      if (octet > 255) return false
    } else {
      if (octet < 0 || octets === 4 || (i < text.length && digit !== -2)) return false // -2 is '.'
      target[at + octets++] = octet
      octet = -1
    }
  }
  return octets === 4
}

function writeIpv6(text: string, target: Buffer, at: number): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const [head, tail] = halves.map((half, i) => groupsOf(half, i === halves.length - 1))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return false
  const zeros = 8 - head.length - (tail?.length ?? 0)
  if (halves.length === 2 ? zeros < 1 : zeros !== 0) return false
  const groups = [...head, ...new Array<number>(zeros).fill(0), ...(tail ?? [])]
  for (const [i, group] of groups.entries()) target.writeUInt16BE(group, at + 2 * i)
  return true
}

// Only the end of the text may be dotted, as in ::ffff:192.0.2.1.
function groupsOf(half: string, last: boolean): number[] | undefined {
  if (half === '') return []
  const groups: number[] = []
  const parts = half.split(':')
  for (const [i, part] of parts.entries()) {
    if (last && i === parts.length - 1 && part.includes('.')) {
      const last = Buffer.alloc(4)
      if (!writeIpv4(part, 0, last, 0)) return undefined
      groups.push(last.readUInt16BE(0), last.readUInt16BE(2))
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
