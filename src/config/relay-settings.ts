// What `calliope relay`, and a node with outlets, goes by; part of the table in settings.ts.
import { bytes, choice, duration, integer, list, secret, text } from './kinds.ts'
import type { Setting } from './settings.ts'

const MIB = 2 ** 20
const SECOND = 1000

// As `setting` in settings.ts, which cannot be used while that file is being loaded.
const entry = <Value>(kind: Setting<Value>['kind'], byDefault: Value, help: string) => ({
  ...{ kind, byDefault, help },
})

export const RELAY_SETTINGS = {
  'relay.to': entry(
    list(text),
    [] as readonly string[],
    'where HEP is carried on to: http://NODE:9080, udp://…, tcp://… (docs/relay.md), loki+http://…, elastic+…, influx+… (docs/outlets.md)',
  ),
  'relay.auth': entry(
    list(secret),
    [] as readonly string[],
    'logins of services in relay.to: NAME basic USER:PASSWORD, NAME bearer TOKEN, NAME apikey KEY, NAME token TOKEN',
  ),
  'relay.token': entry(secret, '', 'token for POST /hep at Calliopes that ask for one'),
  'relay.key': entry(secret, '', 'agent key put into every frame that is carried'),
  'relay.ca': entry(text, '', 'authority of the certificates of https and tls nodes (PEM file)'),
  'relay.flows': entry(integer(1, 16_384), 256, 'source ports of a UDP destination'),
  'relay.reopen': entry(
    duration(0, 86_400 * SECOND),
    300 * SECOND,
    'every flow of plain HEP is opened anew this often, for nodes that have come; 0 = never',
  ),
  'relay.in_flight': entry(
    bytes(2 * MIB),
    32 * MIB,
    'memory for frames under way, each destination',
  ),
  'relay.batch_wait': entry(duration(1, 10 * SECOND), 200, 'longest wait for a parcel to fill'),
  'relay.answer_max': entry(
    duration(100, 600 * SECOND),
    10 * SECOND,
    'longest wait for an answer before it counts as lost',
  ),
  'relay.doubt_max': entry(
    duration(0, 86_400 * SECOND),
    60 * SECOND,
    'how long frames that a silent node may have wait for it; then they go to another, perhaps twice',
  ),
  'relay.until': entry(
    choice('spooled', 'stored'),
    'spooled',
    "when a Calliope's node is done with a frame: on its disk, or in its database (for nodes whose disks go with them)",
  ),
  'relay.resolve': entry(duration(100, 3600 * SECOND), 5 * SECOND, 'how often nodes are looked up'),
} as const satisfies Record<string, Setting<never> | Setting<unknown>>
