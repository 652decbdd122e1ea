// What a store in memory says of the system, always the same: sources, quarantine, minutes, nodes, fleet.
import type { FleetEvent, KpiDetails, Ledger } from '#contract'
import type { FleetRecord, QuarantineKeeper } from '../src/api/call-store.ts'
import { isoTime } from './fixture-messages.ts'

export abstract class MemoryState {
  abstract ledger(): Promise<Ledger>

  async sources() {
    const at = isoTime(1_795_000_000_000_000)
    return [
      {
        ...{ node: 'n1', peer: '127.0.0.10', transport: 'udp', captureId: 1, capturedBy: '' },
        ...{ hepVersion: 3, packets: 800, bytes: 400_000, rejected: 0, packetsPerSecond: 1.5 },
        ...{ clockSkewMs: -3, largestBytes: 981, firstSeenAt: at, lastSeenAt: at },
        ...{ reasons: {}, duplicates: 0, truncated: 0, large: 0, recent: [0, 3, 5] },
      },
    ]
  }

  async quarantine(limit: number) {
    const frame = {
      ...{ id: '1', receivedAt: isoTime(1_795_000_000_000_000), node: 'n1', transport: 'udp' },
      ...{ peer: '127.0.0.1:5060', reason: 'not_hep' as const, detail: 'no magic', byteOffset: 0 },
      frame: 'AAAA',
      retryAt: null,
    }
    return [frame, { ...frame, id: '2' }].slice(0, limit)
  }

  async kpi(fromUs: number) {
    const none = {
      asr: null,
      ner: null,
      seer: null,
      setupMsMean: null,
      setupMsP50: null,
      setupMsP95: null,
    }
    const counts = { attempts: 0, answered: 0, failed: 0, cancelled: 0, registrations: 0 }
    return [
      {
        minute: isoTime(fromUs),
        ...counts,
        registered: 0,
        registrationsFailed: 0,
        messages: 7,
        ...none,
        failures: { 486: 1 },
      },
    ]
  }

  async kpiDetails(): Promise<KpiDetails> {
    const counts = { answered: 2, failed: 1, cancelled: 0 }
    return {
      hosts: [{ host: '10.9.0.3', ...counts, failures: { 503: 1 } }],
      talkers: [{ kind: 'from', name: 'alice', attempts: 3, answered: 2, failed: 1 }],
    }
  }

  readonly quarantineKeeper: QuarantineKeeper = {
    find: async (id) => (await this.quarantine(2)).find((frame) => frame.id === id),
    claim: async () => true,
    release: async () => undefined,
    remove: async (id) => id === '1',
  }

  async nodes() {
    const at = isoTime(1_795_000_000_000_000)
    const ledger = await this.ledger()
    return [
      {
        ...{ node: 'n1', version: '0.1.0', state: 'ready' as const, startedAt: at },
        ...{ heartbeatAt: at, ledger, signals: { packetsPerSecond: 3 } },
      },
    ]
  }

  /** What was told, newest first. */
  readonly fleetEvents: FleetEvent[] = []
  readonly fleet: FleetRecord = {
    points: async () => [
      {
        ...{ at: isoTime(1_795_000_000_000_000), nodes: 1, packetsPerSecond: 3 },
        ...{ packetsPerSecondMax: 3, spoolAgeSeconds: 0, dropped: 0, cpuCores: null },
      },
    ],
    events: async () => this.fleetEvents,
    droppedLately: async () => new Map(),
    tell: async ({ node = '', nodesFrom = null, nodesTo = null, ...event }) => {
      const at = isoTime(1_795_000_000_000_000)
      this.fleetEvents.unshift({ ...event, at, node, nodesFrom, nodesTo })
    },
  }
}
