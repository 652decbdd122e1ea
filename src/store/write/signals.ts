// What the writer says about itself, in memory the main thread can read at any time: its own thread may
// be busy with a batch when metrics are asked for.
import { SharedFigures } from '#shared-figures'

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

export class SignalBoard extends SharedFigures<StoreSignal> {
  constructor(memory?: SharedArrayBuffer) {
    super(NAMES, memory)
  }
}
