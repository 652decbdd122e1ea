// A process of its own that holds many connections, because each is an open file on both ends.
//
//   bun idle-clients.ts HOST PORT NET COUNT KIND
//
// They come from addresses 127.0.NET.1, .2 …: the kernel is slow to find a port for thousands that
// are bound to one, and the program gives one address no more than half of all.
// KIND idle: says nothing. slow: a frame begun, one more byte of it every second. half: a large frame
// to its last byte but one, and then nothing. Prints 'open' when all stand, and ends with its input.
import { connect } from 'node:net'
import { numberedFrame } from './numbered-frames.ts'

const AT_A_TIME = 200
const SLOW_MS = 1_000
const PER_ADDRESS = 500

const [host, port, net, count, kind] = process.argv.slice(2)
const frame = numberedFrame('slow', 1)
const large = numberedFrame('half', 1, { payload: Buffer.alloc(60_000, 'x') })

const open = (number: number) =>
  new Promise<ReturnType<typeof connect>>((resolve) => {
    const localAddress = `127.0.${net}.${1 + Math.floor(number / PER_ADDRESS)}`
    const socket = connect({ host: host!, port: Number(port), localAddress })
    socket.on('error', () => {}) // expelled: what some are here for
    socket.once('connect', () => resolve(socket))
    socket.once('close', () => resolve(socket))
    if (kind === 'half') socket.write(large.subarray(0, -1))
  })

const sockets: ReturnType<typeof connect>[] = []
while (sockets.length < Number(count)) {
  const wanted = Math.min(AT_A_TIME, Number(count) - sockets.length)
  const begun = sockets.length
  sockets.push(...(await Promise.all(Array.from({ length: wanted }, (_, i) => open(begun + i)))))
}
console.log('open')
let at = 0
if (kind === 'slow')
  setInterval(() => {
    const byte = frame.subarray(at, ++at)
    for (const socket of sockets) if (!socket.destroyed) socket.write(byte)
  }, SLOW_MS)
for await (const _ of process.stdin);
process.exit(0)
