// What the main thread and the writer's thread say to each other.
import type { WriterOptions } from './writer.ts'

export type ToWriter =
  | { readonly kind: 'start'; readonly options: WriterOptions }
  | { readonly kind: 'drain' }
  | { readonly kind: 'countLeft' }
  | { readonly kind: 'stop' }

export type FromWriter =
  | { readonly kind: 'drained' }
  | { readonly kind: 'left'; readonly frames: number }
  /** A try failed; holds while `retryingSinceUs` is not 0. */
  | { readonly kind: 'trouble'; readonly why: string }
  | { readonly kind: 'stopped' }
