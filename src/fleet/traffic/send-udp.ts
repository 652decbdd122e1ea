// HEP over UDP. Bun's own socket rather than node:dgram, for it hands the kernel many datagrams in
// one call. Connected, so that we hear when nobody listens; what is lost behind that, nobody hears.
import { lookup } from 'node:dns/promises'
import { cannotConnect, type Outlet, type OutletOptions, reasonOf, targetText } from './outlet.ts'

const DRAIN_WAIT_MS_MAX = 5

/** Opens one UDP sender: one 5-tuple. */
export async function openUdp({ to, tally }: OutletOptions): Promise<Outlet> {
  let drained: (() => void) | undefined
  const handlers = {
    drain: () => drained?.(),
    // Bun hands over the error alone, unlike its type.
    error: (error: unknown) => tally.fail(`udp ${targetText(to)}: ${reasonOf(error)}`),
  }
  const socket = await connect(to, handlers)

  // The kernel's buffer is full, or an earlier datagram was refused: the rest goes one by one.
  async function sendRest(frames: readonly Buffer[]): Promise<void> {
    for (const frame of frames) {
      while (!trySend(frame)) {
        await new Promise<void>((resolve) => {
          drained = resolve
          setTimeout(resolve, DRAIN_WAIT_MS_MAX)
        })
      }
    }
  }

  function trySend(frame: Buffer): boolean {
    try {
      return socket.closed || socket.send(frame)
    } catch (error) {
      handlers.error(error) // too long for a datagram, or no route: trying again does not help
      return true
    }
  }

  return {
    send(frames) {
      try {
        const sent = socket.sendMany(frames as Buffer[])
        return sent === frames.length ? undefined : sendRest(frames.slice(sent))
      } catch {
        return sendRest(frames)
      }
    },
    async close() {
      if (!socket.closed) socket.close()
    },
  }
}

type Handlers = { drain: () => void; error: (error: unknown) => void }

async function connect(to: OutletOptions['to'], handlers: Handlers) {
  try {
    const { address, family } = await lookup(to.host)
    return await Bun.udpSocket({
      hostname: family === 6 ? '::' : '0.0.0.0',
      connect: { hostname: address, port: to.port },
      socket: handlers as { drain: () => void; error: never },
    })
  } catch (error) {
    throw cannotConnect('udp', to, error)
  }
}
