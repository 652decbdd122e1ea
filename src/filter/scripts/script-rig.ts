// Runs scripts over packets in tests, and keeps what they print.
import { type Filter, openFilter } from '../filter.ts'
import { FilterCounts } from '../filter-counts.ts'
import type { ScriptOptions } from '../filter-options.ts'
import type { Passed } from '../filtered.ts'
import { packetOf, passed, place } from '../test-packet.ts'

export interface ScriptRig extends Disposable {
  readonly filter: Filter
  readonly counts: FilterCounts
  /** 'LEVEL text', as it came. */
  readonly said: string[]
  /** What the scripts make of a packet that passes. */
  run(packet?: ReturnType<typeof packetOf>): Passed
}

export async function scriptRig(
  scripts: string | readonly string[],
  more: Omit<ScriptOptions, 'files'> = {},
): Promise<ScriptRig> {
  const texts = typeof scripts === 'string' ? [scripts] : scripts
  const files = texts.map((text, i) => ({ name: `${i}.ts`, text }))
  const counts = new FilterCounts()
  const said: string[] = []
  const filter = await openFilter(
    { scripts: { files, ...more } },
    { counts: counts.memory, listener: (level, text) => said.push(`${level} ${text}`) },
  )
  return {
    ...{ filter, counts, said },
    run: (packet = packetOf()) => passed(filter.apply(packet, place())),
    [Symbol.dispose]: () => filter.close(),
  }
}
