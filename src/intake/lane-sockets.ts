// Opens the sockets of one lane over its log, and closes them again in the order that loses nothing.
// A lane loads the listeners it opens: the others would take 2 MB of its thread.
import type { Admission } from './admission.ts'
import { ConnectionRoom } from './connection-room.ts'
import type { FrameLog } from './frame-log.ts'
import { FrameReceiver } from './frame-receiver.ts'
import type { IntakeCounters } from './intake-counters.ts'
import type { BoundAddresses, StreamsSetup, UdpSetup } from './lane-messages.ts'
import type { Listener } from './listener.ts'
import { PushBack } from './push-back.ts'
import type { StreamParts } from './stream-listener.ts'

const LOOK_MS = 1_000
/** Beyond the linger of connections, before what waits for a full spool is given up. */
const CLOSE_MS_MAX = 3_000

export interface LaneParts {
  readonly log: FrameLog
  readonly admission: Admission
  readonly counters: IntakeCounters
  /** True when the lane is to stop listening; asked from within a flood. */
  readonly isStopping: () => boolean
}

/** The open sockets of a lane. */
export interface LaneSockets {
  readonly addresses: BoundAddresses
  /** Stops listening and takes in what had reached us; safe to call twice. */
  close(): Promise<void>
}

/** Opens what the setup asks for; when one address fails, none stays open. */
export const openSockets = (
  setup: UdpSetup | StreamsSetup,
  parts: LaneParts,
): Promise<LaneSockets> =>
  setup.kind === 'udp' ? openUdp(setup, parts) : openStreams(setup, parts)

async function openUdp(setup: UdpSetup, parts: LaneParts): Promise<LaneSockets> {
  const { log, counters, isStopping } = parts
  const { listenUdp } = await import('./udp-listener.ts')
  const listener = await listenUdp({
    ...setup,
    counters,
    isStopping,
    receiver: receiverFor('udp', parts),
    onLook: (kernelDrops) => {
      if (kernelDrops > 0) log.ledger.drop('kernel_buffer', kernelDrops)
      noteFullness(parts)
    },
  })
  return { addresses: { udp: listener.address }, close: () => listener.close() }
}

async function openStreams(setup: StreamsSetup, parts: LaneParts): Promise<LaneSockets> {
  const { log, counters, admission } = parts
  const pushBack = new PushBack({ isFull: () => log.isFull, counters })
  const room = new ConnectionRoom(setup.limits, admission, counters)
  const listeners = await openAll(setup, parts, {
    ...setup,
    room,
    pushBack,
    counters,
    sweepMs: LOOK_MS,
  })
  const look = setInterval(() => noteFullness(parts), LOOK_MS)
  const close = async () => {
    const closed = Promise.all(listeners.map((listener) => listener.close()))
    const deadline = setTimeout(() => pushBack.close(), 2 * setup.rules.lingerMs + CLOSE_MS_MAX)
    await closed
    clearTimeout(deadline)
    clearInterval(look)
    pushBack.close()
  }
  return { addresses: addressesOf(listeners), close }
}

async function openAll(
  setup: StreamsSetup,
  parts: LaneParts,
  streams: StreamParts,
): Promise<Listener[]> {
  const { tcp, tls, ws, tlsFiles: files, tlsFilesCheckMs: filesCheckMs } = setup
  const opened: Listener[] = []
  const common = (address: NonNullable<typeof tcp>, transport: 'tcp' | 'tls' | 'ws') => ({
    ...streams,
    address,
    receiver: receiverFor(transport, parts),
  })
  try {
    if (tcp) {
      const { listenTcp } = await import('./stream-listener.ts')
      opened.push(await listenTcp(common(tcp, 'tcp')))
    }
    if (tls) {
      const { listenTls } = await import('./tls-listener.ts')
      opened.push(await listenTls({ ...common(tls, 'tls'), files, filesCheckMs }))
    }
    if (ws) {
      const { listenWebSocket } = await import('./websocket-listener.ts')
      opened.push(await listenWebSocket(common(ws, 'ws')))
    }
  } catch (error) {
    await Promise.all(opened.map((listener) => listener.close()))
    throw error
  }
  return opened
}

const receiverFor = (transport: Listener['transport'], { log, admission }: LaneParts) =>
  new FrameReceiver(log, admission, transport)

const noteFullness = ({ log, counters }: LaneParts): void =>
  counters.set('isSpoolFull', log.isFull ? 1 : 0)

const addressesOf = (listeners: readonly Listener[]): BoundAddresses =>
  Object.fromEntries(listeners.map(({ transport, address }) => [transport, address]))
