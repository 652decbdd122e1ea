// The pcapng file format, as much of it as an export needs (draft-ietf-opsawg-pcapng): one section,
// one interface of raw IP packets with microsecond times, and a comment wherever there is something
// to say that a packet cannot. Everything is little-endian.
//
//   [section header + comment] [interface: RAW, microseconds] [packet + comment]…
//   block: u32 type | u32 length | body | options | u32 length      padded to four bytes

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const LINKTYPE_RAW = 101
const OPTION_COMMENT = 1
const OPTION_APPLICATION = 4
const OPTION_TIME_RESOLUTION = 9
const OPTION_END = 0
// A call seen by hundreds of taps would otherwise overflow the 16-bit length of an option.
const COMMENT_BYTES_MAX = 4000

/** The blocks every file begins with. */
export function pcapngHeader(application: string, comment: string): Buffer {
  const section = Buffer.alloc(16)
  section.writeUInt32LE(BYTE_ORDER_MAGIC, 0)
  section.writeUInt16LE(1, 4) // version 1.0
  // All ones, because the file is made in one go and nobody has counted yet.
  section.fill(0xff, 8) // length of the section: not said
  const link = Buffer.alloc(8)
  link.writeUInt16LE(LINKTYPE_RAW, 0)
  return Buffer.concat([
    block(SECTION_HEADER, section, [
      [OPTION_COMMENT, Buffer.from(comment)],
      [OPTION_APPLICATION, Buffer.from(application)],
    ]),
    block(INTERFACE_DESCRIPTION, link, [[OPTION_TIME_RESOLUTION, Buffer.from([6])]]),
  ])
}

/** One IP packet. */
export function pcapngPacket(atUs: number, packet: Buffer, comment: string): Buffer {
  const head = Buffer.alloc(20)
  // Interface 0, then the time as two 32-bit halves, high one first even in little-endian files.
  head.writeUInt32LE(Math.floor(atUs / 0x1_0000_0000) >>> 0, 4)
  head.writeUInt32LE(atUs % 0x1_0000_0000, 8)
  head.writeUInt32LE(packet.length, 12)
  head.writeUInt32LE(packet.length, 16)
  return block(
    ENHANCED_PACKET,
    Buffer.concat([head, padded(packet)]),
    comment ? [[OPTION_COMMENT, Buffer.from(comment)]] : [],
  )
}

function block(
  type: number,
  body: Buffer,
  options: readonly (readonly [number, Buffer])[],
): Buffer {
  const listed = options.map(([code, value]) => option(code, value.subarray(0, COMMENT_BYTES_MAX)))
  const end = listed.length > 0 ? [option(OPTION_END, Buffer.alloc(0))] : []
  const content = Buffer.concat([body, ...listed, ...end])
  // The length stands at both ends, so that files can be read backwards.
  const edges = Buffer.alloc(8)
  edges.writeUInt32LE(type, 0)
  edges.writeUInt32LE(content.length + 12, 4)
  return Buffer.concat([edges, content, edges.subarray(4)])
}

function option(code: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(code, 0)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, padded(value)])
}

const padded = (bytes: Buffer): Buffer =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))])
