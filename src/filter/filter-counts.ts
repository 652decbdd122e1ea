// What a filter did, in memory that the main thread can read at any time.
import { SharedFigures } from '#shared-figures'

const NAMES = [
  'discarded', // by method or by a script
  'duplicates',
  'censored',
  'alegIds', // messages whose other leg a header named
  'scriptRuns', // packets that went through the scripts
  'scriptChanges', // of those, changed
  'scriptErrors', // a script failed; the packet went on unchanged
  'scriptTimeouts', // took too long; the packet went on unchanged
  'scriptSkipped', // packets that went by while the scripts rested or were begun anew
  'scriptRestarts',
  'scriptMs',
] as const

export type FilterCount = (typeof NAMES)[number]

export class FilterCounts extends SharedFigures<FilterCount> {
  constructor(memory?: SharedArrayBuffer) {
    super(NAMES, memory)
  }
}
