// Frames over UDP, slowly enough for a receiver with the buffer that kernels have by default.
import dgram from 'node:dgram'
import type { ProofFrame } from './traffic.ts'

/** How many go at once, in any order, and how long it rests then. */
const PACE = { burst: 8, pauseMs: 4 }

export async function sendPaced(
  address: string,
  frames: readonly Pick<ProofFrame, 'frame'>[],
  { burst: size, pauseMs } = PACE,
): Promise<void> {
  const [host, port] = address.split(':') as [string, string]
  const socket = dgram.createSocket('udp4')
  for (let at = 0; at < frames.length; at += size) {
    const burst = frames.slice(at, at + size)
    await Promise.all(
      burst.map(({ frame }) => new Promise((sent) => socket.send(frame, Number(port), host, sent))),
    )
    await Bun.sleep(pauseMs)
  }
  socket.close()
}
