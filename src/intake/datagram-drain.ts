// The quick way out of a UDP socket: recvmmsg(2) straight into memory of ours, many datagrams a call.
//
// The runtime's own socket hands over one object, one address text and one event per datagram, which
// costs three times what the kernel takes. It still owns the socket and wakes us; once awake, we empty
// the socket ourselves. What recvmmsg fills in, for 64-bit Linux, glibc and musl alike:
//
//   struct mmsghdr, 64 bytes          slot i
//    0 name ──────▶ sockaddr_in6       28 bytes: family, port, address
//    8 namelen      in: room, out: used
//   16 iov ───────▶ { base, length } ─▶ 64 KiB, more than any datagram has
//   24 iovlen = 1, control = none, flags
//   56 length of the datagram
//
// While many arrive we nap between calls: fifty datagrams in one call cost less than fifty wakings,
// for us and for whoever sends on this machine. A turn of naps is short, so that timers and syncs of
// this thread get theirs. Not Linux, no libc to be found: `open` returns undefined, and the runtime's
// own way does.
import { dlopen, FFIType, ptr } from 'bun:ffi'
import { ipv4Text, ipv6Text } from '#hep'
import { peerAddress } from './peer-address.ts'
import { LIBC_NAMES } from './receive-buffer.ts'

const SLOTS = 64
const SLOT_BYTES = 64 * 1024
const HEADER_BYTES = 64
const NAME_BYTES = 28
const IOV_BYTES = 16
const LENGTH_AT = 56
const MSG_DONTWAIT = 0x40
const AF_INET = 2

const NAP_US = 500
const BUSY_MIN = 24 // datagrams within one nap that make another one pay: about 50,000 a second
const TURN_MS = 20

const { i32, u32, pointer } = FFIType
const SYMBOLS = {
  recvmmsg: { args: [i32, pointer, u32, i32, pointer], returns: i32 },
  usleep: { args: [u32], returns: i32 },
} as const

/** Takes one datagram; `bytes` is only valid until it returns. */
export type TakeDatagram = (bytes: Buffer, ip: string, port: number) => void

type Libc = ReturnType<typeof dlopen<typeof SYMBOLS>>

/** Empties a UDP socket that the runtime opened. */
export class DatagramDrain {
  readonly #fd: number
  readonly #libc: Libc
  readonly #slab = Buffer.allocUnsafeSlow(SLOTS * SLOT_BYTES)
  readonly #headers = Buffer.alloc(SLOTS * HEADER_BYTES)
  readonly #names = Buffer.alloc(SLOTS * NAME_BYTES)
  readonly #iovs = Buffer.alloc(SLOTS * IOV_BYTES)
  readonly #headersAt = ptr(this.#headers)
  readonly #lengths = new Uint32Array(this.#headers.buffer, this.#headers.byteOffset)
  #turnSpent = false

  private constructor(fd: number, libc: Libc) {
    this.#fd = fd
    this.#libc = libc
    for (let slot = 0; slot < SLOTS; slot++) this.#lay(slot)
  }

  /** Undefined where there is no recvmmsg to be called. */
  static open(fd: number): DatagramDrain | undefined {
    if (process.platform !== 'linux') return undefined
    for (const name of LIBC_NAMES) {
      try {
        return new DatagramDrain(fd, dlopen(name, SYMBOLS))
      } catch {} // the other libc, or none
    }
    return undefined
  }

  /**
   * Hands over what waits; while much arrives, goes on for TURN_MS once per turn of the event loop.
   * Ends with an empty socket, so that the runtime finds nothing more to read and runs its timers.
   */
  drain(take: TakeDatagram): void {
    const endMs = performance.now() + TURN_MS
    let count = this.#empty(take, endMs)
    if (this.#turnSpent || count < BUSY_MIN) return
    this.#turnSpent = true
    setImmediate(() => {
      this.#turnSpent = false
    })
    while (count >= BUSY_MIN && performance.now() < endMs) {
      this.#libc.symbols.usleep(NAP_US)
      count = this.#empty(take, endMs)
    }
  }

  close(): void {
    this.#libc.close()
  }

  #empty(take: TakeDatagram, endMs: number): number {
    let total = 0
    do {
      const count = this.#libc.symbols.recvmmsg(
        this.#fd,
        this.#headersAt,
        SLOTS,
        MSG_DONTWAIT,
        null,
      )
      for (let slot = 0; slot < count; slot++) this.#hand(slot, take)
      if (count > 0) total += count
      if (count < SLOTS) break
    } while (performance.now() < endMs) // a flood has no end
    return total
  }

  #hand(slot: number, take: TakeDatagram): void {
    const from = slot * SLOT_BYTES
    const length = this.#lengths[(slot * HEADER_BYTES + LENGTH_AT) >> 2]!
    const name = slot * NAME_BYTES
    const port = (this.#names[name + 2]! << 8) | this.#names[name + 3]!
    take(this.#slab.subarray(from, from + length), addressOf(this.#names, name), port)
    // The kernel wrote how much of the name it used; it must read the room there again.
    this.#lengths[(slot * HEADER_BYTES + 8) >> 2] = NAME_BYTES
  }

  #lay(slot: number): void {
    const header = slot * HEADER_BYTES
    const iov = slot * IOV_BYTES
    this.#headers.writeBigUInt64LE(BigInt(ptr(this.#names) + slot * NAME_BYTES), header)
    this.#headers.writeUInt32LE(NAME_BYTES, header + 8)
    this.#headers.writeBigUInt64LE(BigInt(ptr(this.#iovs) + iov), header + 16)
    this.#headers.writeBigUInt64LE(1n, header + 24)
    this.#iovs.writeBigUInt64LE(BigInt(ptr(this.#slab) + slot * SLOT_BYTES), iov)
    this.#iovs.writeBigUInt64LE(BigInt(SLOT_BYTES), iov + 8)
  }
}

const addressOf = (names: Buffer, at: number): string =>
  names.readUInt16LE(at) === AF_INET
    ? ipv4Text(names, at + 4)
    : peerAddress(ipv6Text(names, at + 8))
