// A ring's frames laid out for sendmmsg once, so that sending costs little more than the kernel's part:
// the ring changes a few bytes of each frame in place, and the kernel is shown where it lies.
//
//   plain     one datagram a message:             mmsghdr ─▶ iovec ─▶ frame
//   offload   32 datagrams of one size a message: mmsghdr ─▶ iovecs ─▶ frame, padding, frame, padding …
//             the kernel cuts them apart again (UDP_SEGMENT) on the receiver's side of the loopback: the
//             receiver reads 32 datagrams, and carrying them costs a third. So it is when the sender is
//             another machine and only the receiving is done here. Frames of similar length (neighbours
//             within 256) go together and are padded to one length with a chunk that nobody reads where no keys are asked for.
import { ptr } from 'bun:ffi'
import { libc, MMSGHDR_WORDS } from './system-calls.ts'

/** Frames by position, each changed in place for its next lap. */
export interface FrameSource {
  readonly length: number
  frameAt(position: number, atUs: number): Buffer
}

export const GROUP = 32
const WINDOW = 256
const PAD_CHUNK_BYTES_MIN = 6
const PAD_TYPE = 14 // the agent's key
const [SOL_UDP, UDP_SEGMENT] = [17, 103]

export interface Datagrams {
  readonly held: readonly unknown[]
  /** Sends the next group on a socket; how many datagrams and bytes that were. */
  send(fd: number, nowUs: number): { frames: number; bytes: number }
}

const addressOf = (bytes: NodeJS.TypedArray): bigint => BigInt(ptr(bytes))

/** One datagram a message, in the ring's order. */
export function plainDatagrams(source: FrameSource): Datagrams {
  const frames = Array.from({ length: source.length }, (_, i) => source.frameAt(i, 0))
  const iovecs = new BigUint64Array(frames.length * 2)
  const headers = new BigUint64Array(frames.length * MMSGHDR_WORDS)
  for (const [i, frame] of frames.entries()) {
    iovecs.set([addressOf(frame), BigInt(frame.length)], i * 2)
    headers.set([addressOf(iovecs) + BigInt(i * 16), 1n], i * MMSGHDR_WORDS + 2)
  }
  let position = 0
  return {
    // What the kernel is pointed at, kept from the collector for as long as anybody sends.
    held: [frames, iovecs, headers],
    send(fd, nowUs) {
      const at = Number(addressOf(headers))
      const index = position % frames.length
      const count = Math.min(GROUP, frames.length - index)
      let bytes = 0
      for (let i = 0; i < count; i++) bytes += source.frameAt(position + i, nowUs + i).length
      position += count
      sendAll(fd, at + index * MMSGHDR_WORDS * 8, count)
      return { frames: count, bytes }
    },
  }
}

/** Many datagrams of one length a message, cut apart by the kernel. */
export function offloadedDatagrams(source: FrameSource): Datagrams {
  const groups = groupsByLength(source).map((positions) => messageOf(source, positions))
  const kept = { position: 0, lap: 0 }
  return {
    held: groups,
    send(fd, nowUs) {
      const { positions, header, bytes } = groups[kept.position]!
      const base = kept.lap * source.length
      // Times follow the ring's order, whatever order the frames leave in.
      for (const position of positions) source.frameAt(base + position, nowUs + (position % WINDOW))
      kept.position = (kept.position + 1) % groups.length
      if (kept.position === 0) kept.lap += 1
      sendAll(fd, Number(addressOf(header)), 1)
      return { frames: positions.length, bytes }
    },
  }
}

function sendAll(fd: number, address: number, count: number): void {
  for (let done = 0, failures = 0; done < count; ) {
    const sent = libc().sendmmsg(fd, address + done * MMSGHDR_WORDS * 8, count - done, 0)
    if (sent > 0) done += sent
    // An ICMP error of an earlier datagram is told once and then forgotten by the kernel.
    else if (++failures > 1_000) throw new Error('sendmmsg fails again and again')
  }
}

/** Positions of similar length, from windows short enough that a call's messages stay near each other. */
function groupsByLength(source: FrameSource): number[][] {
  const groups: number[][] = []
  for (let from = 0; from < source.length; from += WINDOW) {
    const positions = Array.from(
      { length: Math.min(WINDOW, source.length - from) },
      (_, i) => from + i,
    )
    positions.sort((a, b) => source.frameAt(a, 0).length - source.frameAt(b, 0).length)
    for (let i = 0; i < positions.length; i += GROUP) groups.push(positions.slice(i, i + GROUP))
  }
  return groups
}

interface Message {
  readonly positions: readonly number[]
  readonly header: BigUint64Array
  readonly bytes: number
  /** What the kernel is pointed at, kept from the collector. */
  readonly held: readonly unknown[]
}

function messageOf(source: FrameSource, positions: readonly number[]): Message {
  const frames = positions.map((position) => source.frameAt(position, 0))
  const longest = Math.max(...frames.map(({ length }) => length))
  const needsChunk = frames.some(
    ({ length }) => length !== longest && longest - length < PAD_CHUNK_BYTES_MIN,
  )
  const size = longest + (needsChunk ? PAD_CHUNK_BYTES_MIN : 0)
  const paddings = frames.map((frame) => paddingFor(frame, size))
  const iovecs = new BigUint64Array(frames.length * 4)
  for (const [i, frame] of frames.entries()) {
    iovecs.set([addressOf(frame), BigInt(frame.length)], i * 4)
    const padding = paddings[i]!
    if (padding.length > 0) iovecs.set([addressOf(padding), BigInt(padding.length)], i * 4 + 2)
  }
  const control = Buffer.alloc(24) // struct cmsghdr { size, level, type } and a u16
  control.writeBigUInt64LE(18n, 0)
  control.writeInt32LE(SOL_UDP, 8)
  control.writeInt32LE(UDP_SEGMENT, 12)
  control.writeUInt16LE(size, 16)
  const header = new BigUint64Array(MMSGHDR_WORDS)
  header.set([addressOf(iovecs), BigInt(frames.length * 2), addressOf(control), 24n], 2)
  return { positions, header, bytes: size * frames.length, held: [paddings, iovecs, control] }
}

/** A chunk of a type nobody knows, and the frame's own length told anew. */
function paddingFor(frame: Buffer, size: number): Buffer {
  const length = size - frame.length
  const padding = Buffer.alloc(length, 'x')
  if (length === 0) return padding
  padding.writeUInt16BE(0, 0)
  padding.writeUInt16BE(PAD_TYPE, 2)
  padding.writeUInt16BE(length, 4)
  frame.writeUInt16BE(size, 4)
  return padding
}
