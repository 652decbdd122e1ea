// What the main thread and the meter's thread say to each other.
import type { FilterOptions } from '#filter'
import type { MeterOptions } from './meter.ts'

export type ToMeter =
  | { readonly kind: 'start'; readonly options: MeterOptions }
  | { readonly kind: 'print' }
  | { readonly kind: 'targets'; readonly targets: readonly string[] }
  | { readonly kind: 'filter'; readonly filter: FilterOptions }
  | { readonly kind: 'stop' }

export type FromMeter =
  /** JSON of SentTables. */
  | { readonly kind: 'printed'; readonly tables: string }
  /** Whether the options were taken; why not. */
  | { readonly kind: 'filter'; readonly fault: string | undefined }
  | { readonly kind: 'stopped' }
