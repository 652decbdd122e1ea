// Options made ready for use: sets, tables, compiled expressions, scripts in their sandbox.
import { AlegHeaders } from './aleg-headers.ts'
import type { FilterCounts } from './filter-counts.ts'
import type { FilterOptions } from './filter-options.ts'
import { RecentPayloads } from './recent-payloads.ts'
import { ScriptEngine, type ScriptListener } from './scripts/script-engine.ts'

export interface Rules {
  /** There is none. */
  readonly isIdle: boolean
  readonly discard: ReadonlySet<string>
  readonly censor: ReadonlySet<string>
  readonly recent: RecentPayloads | undefined
  readonly aleg: AlegHeaders
  readonly forceAlegId: boolean
  readonly scripts: ScriptEngine | undefined
}

/** Rejects where one of them cannot be read, saying which. */
export async function openRules(
  options: FilterOptions,
  counts: FilterCounts,
  listener?: ScriptListener,
): Promise<Rules> {
  const { discardMethods, censorMethods, dedupMs = 0, alegIds = [], scripts } = options
  const rules = {
    discard: new Set(discardMethods),
    censor: new Set(censorMethods),
    recent: dedupMs > 0 ? new RecentPayloads(dedupMs) : undefined,
    aleg: new AlegHeaders(alegIds),
    forceAlegId: options.forceAlegId ?? false,
    scripts: scripts?.files.length ? await ScriptEngine.open(scripts, counts, listener) : undefined,
  }
  const { discard, censor, recent, aleg } = rules
  const isIdle =
    discard.size === 0 && censor.size === 0 && aleg.isEmpty && !recent && !rules.scripts
  return { isIdle, ...rules }
}

export const closeRules = ({ scripts }: Rules): void => scripts?.close()
