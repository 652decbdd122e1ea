// The thread of one lane: opens the lane, then its sockets; lane-messages.ts has the conversation.
// Nothing else lives here, because a flood of datagrams leaves this thread no time for anything.
import { LaneLedger } from '#ledger'
import { log } from '#log'
import { type LaneWriter, openLane } from '#spool'
import { Admission } from './admission.ts'
import { IntakeCounters } from './intake-counters.ts'
import { IntakeError } from './intake-error.ts'
import type { FromLane, LaneSetup, ToLane } from './lane-messages.ts'
import { type LaneSockets, openSockets } from './lane-sockets.ts'
import { hearPeerWarnings } from './peer-log.ts'

declare const self: Worker

const say = (message: FromLane): void => self.postMessage(message)

let lane: LaneWriter | undefined
let sockets: LaneSockets | undefined
let pausing: Promise<void> | undefined

self.onmessage = ({ data }: MessageEvent<ToLane>) => {
  switch (data.kind) {
    case 'start':
      return void start(data.setup)
    case 'pause':
      return void pause().then(() => say({ kind: 'paused' }))
    case 'close':
      return void close()
  }
}

async function start(setup: LaneSetup): Promise<void> {
  hearPeerWarnings((warning) => say({ kind: 'warned', warning }))
  try {
    const counters = new IntakeCounters(setup.countersMemory)
    const admission = new Admission(setup.policy)
    const ledger = new LaneLedger(setup.ledgerMemory)
    lane = openLane({ ...setup.storage, lane: setup.lane, ledger, keepsRefused: true })
    const stop = new Int32Array(setup.stopMemory)
    const isStopping = () => Atomics.load(stop, 0) !== 0
    sockets = await openSockets(setup.sockets, { log: lane, admission, counters, isStopping })
    say({ kind: 'listening', addresses: sockets.addresses })
  } catch (error) {
    await lane?.close()
    say({ kind: 'failed', ...explained(error, setup.lane) })
  }
}

function explained(error: unknown, name: string) {
  if (error instanceof IntakeError) return { code: error.code, message: error.message }
  const said = error instanceof Error ? error.message : String(error)
  return { code: 'INTAKE_LANE_FAILED' as const, message: `Lane ${name} did not start: ${said}` }
}

function pause(): Promise<void> {
  pausing ??= takeInRest()
  return pausing
}

async function takeInRest(): Promise<void> {
  await sockets?.close()
  await lane?.sync().catch(notSafe)
}

async function close(): Promise<void> {
  await pause()
  await lane?.close().catch(notSafe)
  process.exit(0)
}

const notSafe = (error: unknown): void =>
  log.error(
    { room: 'intake', lane: lane?.lane, err: error },
    'The last frames may not be on the disk',
  )
