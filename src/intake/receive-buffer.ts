// How much may wait in the kernel while we are busy elsewhere. Beginning a file or writing to one while
// it is being synced has been seen to take 40 ms; the kernel charges a datagram of 738 bytes with 2,304,
// so that 8 MiB are full after 24 ms at 300,000 a second. On a busy machine a lane has been seen not to read for
// 0.4 s: 256 MiB last for 1.6 s at 140,000 a second, and take no memory until they are needed. The kernel caps what anybody may ask for at net.core.rmem_max, often 208 KiB.
// Whoever has the capability CAP_NET_ADMIN (root outside containers) may go beyond with
// SO_RCVBUFFORCE, for which the runtime has no call, so libc is asked. Not Linux, no such capability,
// no libc to be found: then the cap stands, and the log says which setting to raise.

import { dlopen, FFIType, ptr } from 'bun:ffi'
import type dgram from 'node:dgram'

const SOL_SOCKET = 1
const SO_RCVBUFFORCE = 33
/** libc by name: glibc, then musl. */
export const LIBC_NAMES = [
  'libc.so.6',
  `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`,
]

/** Bytes the kernel will hold for this socket; it reads back as twice that, half is bookkeeping. */
export const grantedBytes = (socket: dgram.Socket): number => socket.getRecvBufferSize() / 2

/** Asks for `bytes` beyond the cap; nothing changes when that is not allowed. */
export function forceReceiveBuffer(fd: number, bytes: number): void {
  if (process.platform !== 'linux') return
  for (const library of LIBC_NAMES) {
    try {
      const { symbols, close } = dlopen(library, SETSOCKOPT)
      symbols.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, ptr(new Int32Array([bytes])), 4)
      close()
      return
    } catch {} // the other libc, or none
  }
}

const { i32, u32, pointer } = FFIType
const SETSOCKOPT = {
  setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
} as const
