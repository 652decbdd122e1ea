// What is done to packets before anybody keeps them; part of the table in settings.ts. The oldest two stand
// there: store.discard_methods and store.censor_methods.
import { bytes, choice, duration, integer, list, text } from './kinds.ts'
import type { Setting } from './settings.ts'

const MIB = 2 ** 20

// As `setting` in settings.ts, which cannot be used while that file is being loaded.
const entry = <Value>(kind: Setting<Value>['kind'], byDefault: Value, help: string) => ({
  ...{ kind, byDefault, help },
})

export const FILTER_SETTINGS = {
  'filter.dedup': entry(
    duration(0, 60_000),
    0,
    'a payload that comes again within this time is not kept, and counted as duplicate; 0 = all are kept',
  ),
  'filter.aleg_ids': entry(
    list(text),
    [] as readonly string[],
    'headers that name the other leg of a call: X-CID, or X-Leg=call=([^;]+) where group 1 is its id',
  ),
  'filter.aleg_force': entry(
    choice('off', 'on'),
    'off',
    'on: such a header counts more than the correlation id the agent sent',
  ),
  'filter.scripts': entry(
    text,
    '',
    'folder of scripts (.ts, .js) that every packet goes through, in a sandbox; empty = none',
  ),
  'filter.script_types': entry(
    list(integer(0, 65_535)),
    [1, 5, 100] as readonly number[],
    'HEP protocol types that go through them',
  ),
  'filter.script_time': entry(
    duration(1, 1_000),
    5,
    'time they may take for one packet; what takes longer goes on unchanged, and is counted',
  ),
  'filter.script_memory': entry(bytes(4 * MIB, 512 * MIB), 32 * MIB, 'memory they may use'),
  'filter.loki_labels': entry(
    list(text),
    [] as readonly string[],
    'labels they may set for Loki with SetLokiLabel',
  ),
} as const satisfies Record<string, Setting<never> | Setting<unknown>>
