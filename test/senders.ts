// Frames over every transport a program listens on, written plainly with Node's sockets: none of the
// program's own senders, which are tested elsewhere.
import dgram from 'node:dgram'
import net from 'node:net'
import tls from 'node:tls'
import type { Program } from './program.ts'

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'http'
type Send = (program: Program, frames: readonly Buffer[]) => Promise<void>

const BURST = 16

/** Sends frames and returns when they have left; only HTTP says that they arrived. */
export const SEND: Readonly<Record<Transport, Send>> = {
  udp: sendUdp,
  tcp: ({ tcp }, frames) => sendStream(net.connect(tcp), frames),
  tls: (program, frames) =>
    sendStream(tls.connect({ ...program.tls!, rejectUnauthorized: false }), frames),
  ws: sendWebSocket,
  http: sendHttp,
}

// A receive buffer as small as kernels have by default holds some hundred packets.
async function sendUdp({ udp }: Program, frames: readonly Buffer[]): Promise<void> {
  const socket = dgram.createSocket('udp4')
  for (let at = 0; at < frames.length; at += BURST) {
    const burst = frames.slice(at, at + BURST)
    await Promise.all(
      burst.map((frame) => new Promise((sent) => socket.send(frame, udp.port, udp.host, sent))),
    )
    await Bun.sleep(1)
  }
  socket.close()
}

function sendStream(socket: net.Socket, frames: readonly Buffer[]): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.end(Buffer.concat(frames), () => resolve())
  })
}

async function sendWebSocket({ ws }: Program, frames: readonly Buffer[]): Promise<void> {
  const socket = new WebSocket(`ws://${ws!.host}:${ws!.port}/`)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  for (const frame of frames) socket.send(new Uint8Array(frame))
  const closed = new Promise((resolve) => {
    socket.onclose = resolve
  })
  socket.close()
  await closed
}

/** Any version, each frame behind its length (docs/hep.md). */
async function sendHttp({ url }: Program, frames: readonly Buffer[]): Promise<void> {
  const body = Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(frame.length)
      return [length, frame]
    }),
  )
  const response = await fetch(`${url}/hep`, { method: 'POST', body })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
}
