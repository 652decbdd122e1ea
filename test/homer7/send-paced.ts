// Frames over UDP, slowly enough for a receiver with the buffer that kernels have by default.
import dgram from 'node:dgram'
import type { ProofFrame } from './traffic.ts'

const BURST = 8
const PAUSE_MS = 4

export async function sendPaced(address: string, frames: readonly ProofFrame[]): Promise<void> {
  const [host, port] = address.split(':') as [string, string]
  const socket = dgram.createSocket('udp4')
  for (let at = 0; at < frames.length; at += BURST) {
    const burst = frames.slice(at, at + BURST)
    await Promise.all(
      burst.map(({ frame }) => new Promise((sent) => socket.send(frame, Number(port), host, sent))),
    )
    await Bun.sleep(PAUSE_MS)
  }
  socket.close()
}
