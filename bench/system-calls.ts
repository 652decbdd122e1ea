// The system calls a sender and a counting receiver need to cost as little as they can: many datagrams a
// call (sendmmsg, recvmmsg), which no runtime offers. Linux only.
import { dlopen, FFIType, ptr } from 'bun:ffi'

const { i32, u32, u64, pointer } = FFIType
const [AF_INET, SOCK_DGRAM, SOL_SOCKET] = [2, 2, 1]
const [SO_RCVTIMEO, SO_RCVBUFFORCE] = [20, 33]
const ADDRESS_BYTES = 16
/** struct mmsghdr: a msghdr of 56 bytes and the length that came. */
export const MMSGHDR_WORDS = 8

export const isLinux = process.platform === 'linux'

const open = () =>
  dlopen('libc.so.6', {
    socket: { args: [i32, i32, i32], returns: i32 },
    bind: { args: [i32, pointer, u32], returns: i32 },
    connect: { args: [i32, pointer, u32], returns: i32 },
    getsockname: { args: [i32, pointer, pointer], returns: i32 },
    setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
    usleep: { args: [u32], returns: i32 },
    sendmmsg: { args: [i32, u64, u32, i32], returns: i32 },
    recvmmsg: { args: [i32, u64, u32, i32, pointer], returns: i32 },
  }).symbols

let library: ReturnType<typeof open> | undefined
export const libc = (): ReturnType<typeof open> => (library ??= open())

const addressOf = (port: number): Buffer => {
  const address = Buffer.alloc(ADDRESS_BYTES)
  address.writeUInt16LE(AF_INET, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  return address
}

function checked(what: string, result: number): number {
  if (result < 0) throw new Error(`${what} failed`)
  return result
}

/** A UDP socket to a port of this machine. */
export function connectedSocket(port: number): number {
  const fd = checked('socket', libc().socket(AF_INET, SOCK_DGRAM, 0))
  checked('connect', libc().connect(fd, ptr(addressOf(port)), ADDRESS_BYTES))
  return fd
}

/** A UDP socket on a free port, with a receive buffer and a longest wait. */
export function boundSocket(bufferBytes: number, waitMs: number): { fd: number; port: number } {
  const fd = checked('socket', libc().socket(AF_INET, SOCK_DGRAM, 0))
  const size = Int32Array.of(bufferBytes)
  checked('SO_RCVBUFFORCE', libc().setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, ptr(size), 4))
  const wait = BigInt64Array.of(
    BigInt(Math.floor(waitMs / 1_000)),
    BigInt((waitMs % 1_000) * 1_000),
  )
  checked('SO_RCVTIMEO', libc().setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, ptr(wait), 16))
  const address = addressOf(0)
  checked('bind', libc().bind(fd, ptr(address), ADDRESS_BYTES))
  const length = Int32Array.of(ADDRESS_BYTES)
  checked('getsockname', libc().getsockname(fd, ptr(address), ptr(length)))
  return { fd, port: address.readUInt16BE(2) }
}

/** Really sleeps: Bun.sleepSync spins below a millisecond, and a spinning sender costs a whole core. */
export const nap = (us: number): void => void libc().usleep(us)
