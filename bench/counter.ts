// The least a receiver can do: recvmmsg and count, in a process of its own. Prints its port, and after a
// while without datagrams what it counted. How close to the limit our intake is, is told by this.
import { ptr } from 'bun:ffi'
import { boundSocket, libc, MMSGHDR_WORDS } from './system-calls.ts'

export interface Counted {
  readonly received: number
  readonly userUs: number
  readonly kernelUs: number
}

const BUFFER_BYTES = 8 * 1_048_576
const AT_ONCE = 64
const DATAGRAM_BYTES = 2_048
const WAIT_MS = 400
const SILENT_WAITS_MAX = 2
const PATIENCE_MS = 30_000 // for the first datagram
const MSG_WAITFORONE = 0x10000

const { fd, port } = boundSocket(BUFFER_BYTES, WAIT_MS)
const bytes = new Uint8Array(AT_ONCE * DATAGRAM_BYTES)
const iovecs = new BigUint64Array(AT_ONCE * 2)
const headers = new BigUint64Array(AT_ONCE * MMSGHDR_WORDS)
for (let i = 0; i < AT_ONCE; i++) {
  iovecs.set([BigInt(ptr(bytes) + i * DATAGRAM_BYTES), BigInt(DATAGRAM_BYTES)], i * 2)
  headers.set([BigInt(ptr(iovecs) + i * 16), 1n], i * MMSGHDR_WORDS + 2)
}
const at = ptr(headers)
console.log(port)

const startedMs = performance.now()
const before = process.cpuUsage()
let [received, silent] = [0, 0]
while (silent < SILENT_WAITS_MAX) {
  const count = libc().recvmmsg(fd, at as unknown as bigint, AT_ONCE, MSG_WAITFORONE, null)
  if (count > 0) {
    received += count
    silent = 0
  } else if (received > 0 || performance.now() - startedMs > PATIENCE_MS) silent += 1
}
const { user, system } = process.cpuUsage(before)
const counted: Counted = { received, userUs: user, kernelUs: system }
console.log(JSON.stringify(counted))
process.exit(0)
