// What metrics of SIP and media there are: the part of settings.ts that the room `meter` goes by.
import { choice, list, target } from './kinds.ts'
import type { Setting } from './settings.ts'

// As `setting` in settings.ts, which cannot be used while that file is being loaded.
const entry = <Value>(kind: Setting<Value>['kind'], byDefault: Value, help: string) => ({
  ...{ kind, byDefault, help },
})

export const METER_SETTINGS = {
  'meter.sip': entry(
    choice('off', 'on'),
    'off',
    "on: /metrics also tells of SIP and media, under heplify-server's names; a thread of its own counts",
  ),
  'meter.targets': entry(
    list(target),
    [] as readonly string[],
    'hosts that those metrics tell apart: ADDRESS=NAME; read again on SIGHUP',
  ),
} as const
