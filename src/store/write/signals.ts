// What the writer says about itself, in memory the main thread can read at any time: its own thread may
// be busy with a batch when metrics are asked for.

const NAMES = [
  'messages', // stored since the writer started
  'segments',
  'batches',
  'batchMs', // the last batch: from begin to commit
  'batchMsTotal',
  'copyBytesTotal',
  'oldestUs', // when the oldest frame that is not stored yet reached us; 0 = all are
  'retries', // batches tried again
  'retryingSinceUs', // 0 = the database answers
  'bareRows', // rows stored without searched columns, because PostgreSQL refused them
  'skippedStatements', // side tables of a batch left out for the same reason
  'rejected', // frames not stored, by rule or because they do not decode
  'lost', // frames the spool could not give back
  'reopened', // times another writer was found on our spool
  'partitionsCreated',
  'starts', // of the writer's thread
] as const

export type StoreSignal = (typeof NAMES)[number]
/** Counters and gauges of the writer, by name. */
export type StoreSignals = Readonly<Record<StoreSignal, number>>

const PLACE = new Map<StoreSignal, number>(NAMES.map((name, i) => [name, i]))

export class SignalBoard {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory = new SharedArrayBuffer(NAMES.length * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  set(name: StoreSignal, value: number): void {
    this.#slots[PLACE.get(name)!] = value
  }

  add(name: StoreSignal, value: number): void {
    this.#slots[PLACE.get(name)!]! += value
  }

  get(name: StoreSignal): number {
    return this.#slots[PLACE.get(name)!]!
  }

  all(): StoreSignals {
    return Object.fromEntries(NAMES.map((name, i) => [name, this.#slots[i]!])) as StoreSignals
  }
}
