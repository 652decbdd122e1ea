import { expect, test } from 'bun:test'
import dgram from 'node:dgram'
import { until } from '../../test/program.ts'
import { DatagramDrain } from './datagram-drain.ts'
import { KernelSocket } from './kernel-socket.ts'

interface Taken {
  readonly text: string
  readonly ip: string
  readonly port: number
}

async function bound(type: 'udp4' | 'udp6', address: string) {
  const socket = dgram.createSocket({ type, recvBufferSize: 4 * 1024 * 1024 })
  await new Promise<void>((resolve) => socket.bind(0, address, resolve))
  const { fd } = KernelSocket.find(type, socket.address().port)!
  return { socket, port: socket.address().port, drain: DatagramDrain.open(fd)! }
}

// Sends before the receiver's loop has a chance to read, so that all of it waits in the kernel.
async function sendAll(texts: readonly (string | Buffer)[], port: number, ip: string) {
  const sender = await Bun.udpSocket({ hostname: ip, connect: { hostname: ip, port } })
  for (const text of texts) while (!sender.send(text)) await Bun.sleep(1)
  return sender
}

test('DatagramDrain hands over what waits in order, with the sender of each', async () => {
  const { socket, port, drain } = await bound('udp4', '127.0.0.1')
  const taken: Taken[] = []
  const take = (bytes: Buffer, ip: string, from: number) =>
    taken.push({ text: bytes.toString(), ip, port: from })
  const texts = Array.from({ length: 1_000 }, (_, i) => `datagram ${i}`)
  socket.on('message', (bytes, { address, port: from }) => {
    take(bytes, address, from)
    drain.drain(take)
  })
  const sender = await sendAll(texts, port, '127.0.0.1')
  await until(
    async () => taken.length,
    (count) => count >= texts.length,
  )
  // What the runtime had read before it woke us is handed over behind what we read ourselves.
  expect(taken.map(({ text }) => text).sort()).toEqual([...texts].sort())
  expect(taken.every(({ ip, port: from }) => ip === '127.0.0.1' && from === sender.port)).toBe(true)
  sender.close()
  socket.close()
  drain.close()
})

test('DatagramDrain takes the empty and the largest datagram, each with its own length', async () => {
  const { socket, port, drain } = await bound('udp4', '127.0.0.1')
  const sender = await sendAll(['a', Buffer.alloc(65_507, 7), '', 'bc'], port, '127.0.0.1')
  const lengths: number[] = []
  drain.drain((bytes) => lengths.push(bytes.length))
  expect(lengths).toEqual([1, 65_507, 0, 2])
  sender.close()
  socket.close()
  drain.close()
})

test('DatagramDrain names IPv6 senders, and IPv4 senders of a dual socket by their IPv4 address', async () => {
  const { socket, port, drain } = await bound('udp6', '::')
  const six = await sendAll(['six'], port, '::1')
  const four = await sendAll(['four'], port, '127.0.0.1')
  const taken: string[] = []
  drain.drain((bytes, ip, from) => taken.push(`${bytes} ${ip} ${from}`))
  expect(taken).toEqual([`six ::1 ${six.port}`, `four 127.0.0.1 ${four.port}`])
  six.close()
  four.close()
  socket.close()
  drain.close()
})

test('DatagramDrain of a closed descriptor hands over nothing', async () => {
  const drain = DatagramDrain.open(999_999)!
  drain.drain(() => {
    throw new Error('nothing can have come')
  })
  drain.close()
})
