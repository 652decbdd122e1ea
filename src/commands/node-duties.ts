// What a node does for its fleet beside its own work: it takes on what others handed over, and keeps
// ECS from scaling it in while its own spool is full.
import { join } from 'node:path'
import type { Config } from '#config'
import { TaskProtection } from '#fleet'
import { log } from '#log'
import type { HandOverPlace, Spool } from '#spool'
import type { Store } from '#store'
import { Adopter, tryHandOver } from './adopter.ts'
import { AdoptionCounts } from './adoption-counts.ts'
import { layoutReaders } from './node-layouts.ts'
import { storeOptions } from './node-options.ts'

export interface Dutiful {
  readonly config: Config
  readonly place: HandOverPlace | undefined
  readonly store: Store
  readonly spool: Spool
  /** Whether it is neither starting nor draining. */
  readonly isReady: () => boolean
}

export interface NodeDuties {
  /** Leaves what others handed over to others. */
  stopAdopting(): Promise<void>
  close(): Promise<void>
}

/** With so much waiting of its own a node takes on nothing of others. */
const OWN_AGE_SECONDS_MAX = 30

/** Starts what the configuration asks for. */
export function startDuties(node: Dutiful): NodeDuties {
  const adopter = node.place && startAdopter(node, node.place)
  const protection = startProtection(node)
  return {
    stopAdopting: async () => await adopter?.close(),
    close: async () => await protection?.close(),
  }
}

function startAdopter(
  { config, store, spool, isReady }: Dutiful,
  place: HandOverPlace,
): Adopter | undefined {
  const counts = new AdoptionCounts()
  void tryHandOver(place, counts)
  const everyMs = config['drain.adopt_every']
  if (everyMs === 0) return undefined
  const {
    database: _,
    spool: _own,
    version: _version,
    merge: _merge,
    ...options
  } = storeOptions(config, spool, '')
  const {
    retentionMs = 0,
    bytesMax: _bytesMax,
    diskPercent: _disk,
    node: _node,
    ...writer
  } = options
  return new Adopter({
    ...{ place, counts, everyMs, node: config.node, directory: join(config.data_dir, 'adopted') },
    readers: layoutReaders(config),
    writer: { ...writer, url: store.url, behindMsMax: retentionMs },
    canAsk: () => store.isReady && store.trouble === undefined,
    hasTime: () => isReady() && spool.usage().oldestUnreadAgeSeconds < OWN_AGE_SECONDS_MAX,
  })
}

function startProtection({ config, spool }: Dutiful): TaskProtection | undefined {
  if (config['drain.task_protection'] === 'off') return undefined
  const agentUrl = process.env.ECS_AGENT_URI
  if (!agentUrl) {
    log.warn('drain.task_protection is on, and there is no ECS_AGENT_URI: this is no task of ECS')
    return undefined
  }
  return new TaskProtection({
    agentUrl,
    limitBytes: config['drain.task_protection_backlog'],
    backlogBytes: () => spool.usage().backlogBytes,
  })
}
