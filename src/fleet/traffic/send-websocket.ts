// HEP over WebSocket: each frame is one binary message.
import {
  cannotConnect,
  type Outlet,
  type OutletOptions,
  type SendTally,
  targetText,
  within,
} from './outlet.ts'

/** More than this waiting to be sent, and we wait too. */
const BUFFERED_BYTES_MAX = 1024 * 1024
const CONNECT_WAIT_MS_MAX = 10_000

/** Opens one WebSocket; rejects when it cannot. */
export async function openWebSocket({ to, tally }: OutletOptions): Promise<Outlet> {
  const socket = new WebSocket(`ws://${targetText(to)}${to.path ?? '/'}`, 'hep')
  socket.binaryType = 'arraybuffer'
  await opened(socket, to)
  let closing = false
  const gone = new Promise<void>((resolve) => {
    socket.onclose = ({ code, reason }) => {
      if (!closing) tally.fail(`ws ${targetText(to)}: closed with code ${code} ${reason}`.trim())
      resolve()
    }
  })
  return {
    send: (frames) => sendAll(socket, frames, to, tally),
    async close(waitMs) {
      closing = true
      if (!(await within(waitMs, flushed(socket, 0))))
        tally.fail(`ws ${targetText(to)}: did not take the last ${socket.bufferedAmount} bytes`)
      socket.close(1000)
      await within(waitMs, gone)
    },
  }
}

function opened(socket: WebSocket, to: OutletOptions['to']): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => fail('it did not answer'), CONNECT_WAIT_MS_MAX)
    const fail = (why: string) => {
      clearTimeout(late)
      socket.onclose = null
      reject(cannotConnect('ws', to, new Error(why)))
      socket.close()
    }
    socket.onopen = () => {
      clearTimeout(late)
      resolve()
    }
    socket.onclose = ({ reason }) => fail(reason || 'the connection was refused')
  })
}

function sendAll(
  socket: WebSocket,
  frames: readonly Buffer[],
  to: OutletOptions['to'],
  tally: SendTally,
): Promise<void> | undefined {
  if (socket.readyState !== WebSocket.OPEN) {
    tally.fail(`ws ${targetText(to)}: ${frames.length} frames were not sent, it is closed`)
    return Bun.sleep(1) // lets the run end in its own time
  }
  for (const frame of frames) socket.send(frame as Buffer<ArrayBuffer>)
  return socket.bufferedAmount > BUFFERED_BYTES_MAX
    ? flushed(socket, BUFFERED_BYTES_MAX / 2)
    : undefined
}

// A WebSocket has no event for this.
async function flushed(socket: WebSocket, bytesMax: number): Promise<void> {
  while (socket.readyState === WebSocket.OPEN && socket.bufferedAmount > bytesMax)
    await Bun.sleep(1)
}
