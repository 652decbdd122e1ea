// Datagrams out of a capture file, for trying things on real traffic: classic pcap in both byte orders and
// with micro- or nanoseconds, and pcapng. Of a packet that is cut short, a fragment, or anything but UDP
// and TCP over IP nothing is given. Lengths come from the file and are not believed beyond its end.
import { ipv4Text, ipv6Text } from './ip-text.ts'

export interface CapturedDatagram {
  readonly atUs: number
  readonly srcIp: string
  readonly dstIp: string
  readonly srcPort: number
  readonly dstPort: number
  /** 17 UDP, 6 TCP. */
  readonly ipProtocol: number
  /** A view into the file; of TCP what one segment carries. */
  readonly payload: Buffer
}

const PCAP_US = 0xa1b2c3d4
const PCAP_NS = 0xa1b23c4d
const PCAPNG = 0x0a0d0d0a

/** Every datagram in the order of the file. Throws an Error when it is no capture file. */
export function* readCapture(file: Buffer): Generator<CapturedDatagram> {
  if (file.length < 24) throw new Error('this is no pcap or pcapng file: it is too short')
  const [le, be] = [file.readUInt32LE(0), file.readUInt32BE(0)]
  if (be === PCAPNG) yield* readPcapng(file)
  else if (le === PCAP_US || le === PCAP_NS) yield* readPcap(file, true, le === PCAP_NS)
  else if (be === PCAP_US || be === PCAP_NS) yield* readPcap(file, false, be === PCAP_NS)
  else throw new Error('this is no pcap or pcapng file: its first bytes are not those of one')
}

const u32At = (file: Buffer, at: number, isLittle: boolean): number =>
  isLittle ? file.readUInt32LE(at) : file.readUInt32BE(at)
const u16At = (file: Buffer, at: number, isLittle: boolean): number =>
  isLittle ? file.readUInt16LE(at) : file.readUInt16BE(at)

function* readPcap(file: Buffer, isLittle: boolean, isNano: boolean): Generator<CapturedDatagram> {
  const link = u32At(file, 20, isLittle) & 0xffff
  for (let at = 24; at + 16 <= file.length; ) {
    const seconds = u32At(file, at, isLittle)
    const fraction = u32At(file, at + 4, isLittle)
    const end = at + 16 + u32At(file, at + 8, isLittle)
    const atUs = seconds * 1e6 + (isNano ? Math.floor(fraction / 1000) : fraction)
    const datagram = datagramIn(file.subarray(at + 16, end), link, atUs)
    if (datagram) yield datagram
    at = end
  }
}

const SECTION = PCAPNG
const INTERFACE = 1
const PACKET = 6
const TIME_RESOLUTION = 9

function* readPcapng(file: Buffer): Generator<CapturedDatagram> {
  let isLittle = true
  let interfaces: { link: number; perSecond: number }[] = []
  for (let at = 0; at + 12 <= file.length; ) {
    const isSection = file.readUInt32BE(at) === SECTION
    if (isSection) isLittle = file.readUInt32LE(at + 8) === 0x1a2b3c4d
    const type = u32At(file, at, isLittle)
    const length = u32At(file, at + 4, isLittle)
    if (length < 12) return
    const block = file.subarray(at + 8, Math.min(at + length - 4, file.length))
    if (isSection) interfaces = []
    else if (type === INTERFACE && block.length >= 8)
      interfaces.push({ link: u16At(block, 0, isLittle), perSecond: perSecond(block, isLittle) })
    else if (type === PACKET && block.length >= 20) {
      const from = interfaces[u32At(block, 0, isLittle)]
      const ticks = u32At(block, 4, isLittle) * 2 ** 32 + u32At(block, 8, isLittle)
      const bytes = block.subarray(20, 20 + u32At(block, 12, isLittle))
      const atUs = Math.floor((ticks / (from?.perSecond ?? 1e6)) * 1e6)
      const datagram = from && datagramIn(bytes, from.link, atUs)
      if (datagram) yield datagram
    }
    at += length
  }
}

/** Of an interface's clock; its options lie behind 8 bytes, each padded to four. */
function perSecond(block: Buffer, isLittle: boolean): number {
  for (let at = 8; at + 5 <= block.length; ) {
    const length = u16At(block, at + 2, isLittle)
    const value = block[at + 4]!
    if (u16At(block, at, isLittle) === TIME_RESOLUTION)
      return value & 0x80 ? 2 ** (value & 0x7f) : 10 ** value
    at += 4 + Math.ceil(length / 4) * 4
  }
  return 1e6
}

/** By link type: where IP begins. VLAN tags of Ethernet are stepped over. */
function ipIn(bytes: Buffer, link: number): Buffer | undefined {
  switch (link) {
    case 1: {
      let at = 12
      while (bytes.length > at + 4 && [0x8100, 0x88a8].includes(bytes.readUInt16BE(at))) at += 4
      return bytes.subarray(at + 2)
    }
    case 0:
    case 108:
      return bytes.subarray(4)
    case 12:
    case 101:
    case 228:
    case 229:
      return bytes
    case 113:
      return bytes.subarray(16)
    case 276:
      return bytes.subarray(20)
    default:
      return undefined
  }
}

const UDP = 17
const TCP = 6

function datagramIn(bytes: Buffer, link: number, atUs: number): CapturedDatagram | undefined {
  const ip = ipIn(bytes, link)
  if (ip === undefined || ip.length < 20) return undefined
  const isV4 = ip[0]! >> 4 === 4
  const headBytes = isV4 ? (ip[0]! & 15) * 4 : 40
  if ((!isV4 && ip[0]! >> 4 !== 6) || ip.length < headBytes + 8) return undefined
  if (isV4 && (ip.readUInt16BE(6) & 0x3fff) !== 0) return undefined // a fragment
  const ipProtocol = isV4 ? ip[9]! : ip[6]!
  if (ipProtocol !== UDP && ipProtocol !== TCP) return undefined
  const length = isV4 ? ip.readUInt16BE(2) : 40 + ip.readUInt16BE(4)
  const segment = ip.subarray(headBytes, length)
  const dataAt = ipProtocol === UDP ? 8 : ((segment[12] ?? 0) >> 4) * 4
  if (segment.length <= dataAt) return undefined
  return {
    ...{ atUs, ipProtocol, payload: segment.subarray(dataAt) },
    srcIp: isV4 ? ipv4Text(ip, 12) : ipv6Text(ip, 8),
    dstIp: isV4 ? ipv4Text(ip, 16) : ipv6Text(ip, 24),
    srcPort: segment.readUInt16BE(0),
    dstPort: segment.readUInt16BE(2),
  }
}
