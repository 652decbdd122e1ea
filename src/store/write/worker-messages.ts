// What the main thread and a writer's thread say to each other.
import type { FilterOptions } from '#filter'

export type ToWriter<Options> =
  | { readonly kind: 'start'; readonly options: Options }
  | { readonly kind: 'drain' }
  | { readonly kind: 'countLeft' }
  | { readonly kind: 'filter'; readonly filter: FilterOptions }
  | { readonly kind: 'stop' }

export type FromWriter =
  | { readonly kind: 'drained' }
  | { readonly kind: 'left'; readonly frames: number }
  /** A try failed; holds while `retryingSinceUs` is not 0. */
  | { readonly kind: 'trouble'; readonly why: string }
  | { readonly kind: 'stopped' }
