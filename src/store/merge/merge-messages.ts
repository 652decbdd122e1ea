// What the main thread and the merging thread say to each other.
import type { MergedPartition } from './merge-calls.ts'

/** What a merging thread is to do; can be sent to it. */
export interface MergeJob {
  readonly url: string
  /** Where an embedded database is; undefined for others. */
  readonly directory: string | undefined
  readonly afterMs: number
  /** Of one CPU, over time. */
  readonly share: number
}

export type ToMerger =
  | { readonly kind: 'start'; readonly job: MergeJob }
  /** While held it waits, between two pages. */
  | { readonly kind: 'hold'; readonly isHeld: boolean }
  | { readonly kind: 'stop' }

export type FromMerger =
  | { readonly kind: 'merged'; readonly partition: MergedPartition }
  /** Its connection is closed; `error` says why it did not come to the end. */
  | { readonly kind: 'ended'; readonly error: string | undefined }
