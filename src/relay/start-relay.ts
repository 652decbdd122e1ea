// The relay: a carrier for every destination over one spool, and the numbers of all of them.
import type { FilterOptions } from '#filter'
import type { LedgerCounts } from '#ledger'
import type { Spool } from '#spool'
import { openCalliope } from './calliope-outlet.ts'
import { Carrier } from './carrier.ts'
import { type Destination, DestinationError, parseDestinations } from './destination.ts'
import type { FinderOptions } from './discover/find-nodes.ts'
import { followNodes } from './discover/follow-nodes.ts'
import { openHepStream } from './hep-stream-outlet.ts'
import { openHepUdp } from './hep-udp-outlet.ts'
import type { Outlet, OutletTally, RelayDropReason } from './outlet.ts'
import { parseLogins } from './services/login.ts'
import { openService } from './services/service-outlet.ts'
import { Targets } from './targets.ts'

export interface RelayOptions {
  /** As destination.ts reads them. */
  readonly to: readonly string[]
  readonly spool: Spool
  /** Where the journals are kept. */
  readonly directory: string
  readonly token?: string | undefined
  readonly key?: string | undefined
  /** PEM. */
  readonly ca?: string | undefined
  /** Source ports of a UDP destination. @default 256 */
  readonly flows?: number
  /** How often each flow or connection is opened anew. @default 5 minutes */
  readonly reopenMs?: number
  /** Memory for each destination. @default 32 MiB */
  readonly inFlightBytes?: number
  /** @default 200 */
  readonly batchWaitMs?: number
  /** Longest wait for an answer. @default 10000 */
  readonly answerMs?: number
  /** How long what a silent node may have waits for it. @default 60000 */
  readonly doubtMs?: number
  /** Whether Calliopes must have frames on disk or in the database. @default 'spooled' */
  readonly until?: 'spooled' | 'stored'
  /** How often nodes are looked up. @default 5000 */
  readonly resolveMs?: number
  /** Logins of services, as services/login.ts reads them. */
  readonly auth?: readonly string[]
  /** What is done to frames that are looked into, for services; HEP goes on as it came. */
  readonly filter?: FilterOptions
  /** Where those filters count. */
  readonly filterCounts?: SharedArrayBuffer
  /** Whether others read the spool, too: no destination may fill the disk then. @default false */
  readonly isSpoolShared?: boolean
  /** Where nodes are looked up, when not where the system says. */
  readonly finder?: FinderOptions
}

/** What one destination made of the frames. */
export interface DestinationState {
  readonly name: string
  /** Acknowledged, or for plain HEP handed to the wire. */
  readonly relayed: number
  readonly rejected: number
  readonly dropped: Readonly<Partial<Record<RelayDropReason, number>>>
  readonly pending: number
  /** Of a service, since the process began: rejected ones by what it said, and those not of its types. */
  readonly tally?: { readonly refused: Record<string, number>; readonly skipped: number }
  /** received = relayed + rejected + dropped + pending, the last by the place of its cursor. */
  readonly balanced: boolean
}

export interface Relay extends AsyncDisposable {
  readonly carriers: readonly Carrier[]
  /** How each destination stands, given what the lanes have had. */
  states(lanes: readonly LedgerCounts[]): readonly DestinationState[]
  /** Filters otherwise from now on; rejects when the options cannot be taken. */
  setFilter(options: FilterOptions): Promise<void>
  /** Resolves when everything spooled by now is carried to every destination. */
  drain(): Promise<void>
  close(): Promise<void>
}

/** The names of the destinations: the spool's readers. Throws DestinationError. */
export const destinationNames = (to: readonly string[]): string[] =>
  parseDestinations(to).map(({ name }) => name)

/** Throws DestinationError when destinations or their logins cannot be read. */
export function checkDestinations(to: readonly string[], auth: readonly string[] = []): void {
  loginsOf(parseDestinations(to), auth)
}

function loginsOf(destinations: readonly Destination[], auth: readonly string[] = []) {
  const names = destinations.filter(({ service }) => service).map(({ name }) => name)
  return parseLogins(auth, names, (what) => new DestinationError(what))
}

/** Starts carrying. The spool must have been opened with `destinationNames` as readers. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const destinations = parseDestinations(options.to)
  const logins = loginsOf(destinations, options.auth)
  const mayFillDisk = destinations.length === 1 && !options.isSpoolShared
  const started = await Promise.all(
    destinations.map((destination) => {
      const outlet = outletOf(destination, options, logins.get(destination.name))
      return startOne(destination, outlet, options, mayFillDisk)
    }),
  )
  const carriers = started.map(({ carrier }) => carrier)
  const close = async () => {
    await Promise.all(started.map(({ following }) => following.close()))
    await Promise.all(carriers.map((carrier) => carrier.close()))
  }
  return {
    carriers,
    states: (lanes) => {
      const appended = lanes.reduce((sum, counts) => sum + counts.appended, 0)
      return started.map(({ carrier, outlet }) => stateOf(carrier, appended, outlet.tally?.()))
    },
    setFilter: async (filter) =>
      void (await Promise.all(started.map(({ outlet }) => outlet.setFilter?.(filter)))),
    drain: async () => void (await Promise.all(carriers.map((carrier) => carrier.drain()))),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Where others read the spool, too, none may fill more of the disk than this. */
const BACKLOG_SHARE = 0.9

async function startOne(
  destination: Destination,
  outlet: Outlet,
  options: RelayOptions,
  mayFillDisk: boolean,
) {
  const { spool, directory, resolveMs = 5_000, finder } = options
  const probe = outlet.probe?.bind(outlet)
  const isAcknowledged = destination.scheme === 'http' || destination.scheme === 'https'
  const targets = new Targets({
    ...{ destination: destination.name, probe },
    // Plain HEP goes one parcel after the other, so that calls stay in order.
    connections: isAcknowledged ? (destination.flows ?? 4) : 1,
  })
  const carrier = new Carrier({
    ...{ name: destination.name, outlet, targets, spool, directory },
    ...(options.inFlightBytes ? { inFlightBytes: options.inFlightBytes } : {}),
    ...(options.batchWaitMs === undefined ? {} : { batchWaitMs: options.batchWaitMs }),
    ...(options.doubtMs === undefined ? {} : { doubtMs: options.doubtMs }),
    backlogBytesMax: mayFillDisk ? 0 : spool.bytesMax * BACKLOG_SHARE,
  })
  const following = await followNodes(destination, {
    ...finder,
    everyMs: resolveMs,
    onNodes: (names) => {
      outlet.keepOnly?.(names)
      targets.replace(names)
    },
  })
  carrier.start()
  return { carrier, following, outlet }
}

function outletOf(destination: Destination, options: RelayOptions, login = ''): Outlet {
  const { key, ca, token, answerMs, reopenMs, until, doubtMs, filter, filterCounts } = options
  const { flows, framesPerSecondMax, healthPort, service, name } = destination
  if (service)
    return openService({
      ...service,
      destination: name,
      login,
      ca,
      answerMs,
      filter,
      filterCounts,
    })
  switch (destination.scheme) {
    case 'http':
    case 'https':
      return openCalliope({
        ...{ token, key, ca, until },
        ...(answerMs ? { answerMs } : {}),
        ...(doubtMs === undefined ? {} : { silentMs: doubtMs }),
      })
    case 'udp':
      return openHepUdp({
        ...{ key, healthPort, flows: flows ?? options.flows ?? 256 },
        ...(framesPerSecondMax ? { framesPerSecondMax } : {}),
        ...(reopenMs === undefined ? {} : { reopenMs }),
      })
    case 'tcp':
    case 'tls':
      return openHepStream({
        ...{ key, ca, healthPort },
        ...(flows ? { connections: flows } : {}),
        ...(reopenMs === undefined ? {} : { reopenMs }),
        ...(answerMs ? { stallMs: answerMs } : {}),
      })
  }
}

function stateOf(carrier: Carrier, appended: number, tally?: OutletTally): DestinationState {
  const { taken, rejected, before, dropped, settled } = carrier.counts()
  const given = Object.values(dropped).reduce((sum, n) => sum + n, 0)
  return {
    ...{ name: carrier.name, relayed: taken, rejected, dropped },
    pending: Math.max(0, appended - settled),
    ...(tally
      ? { tally: { refused: Object.fromEntries(tally.refused), skipped: tally.skipped } }
      : {}),
    balanced: settled === taken + rejected + given + before,
  }
}
