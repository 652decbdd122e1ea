// Aliases of homer-app as names for addresses here: '10.1.2.3', '10.1.2.3:5060', '10.1.0.0/16'. There an
// alias may be for one port of a whole network, and for one agent only; what cannot be said here is told.
import { isIP } from 'node:net'
import type { Alias } from '#contract'
import type { HomerAlias } from './read-homer-config.ts'

export interface PlannedAliases {
  /** Those that are new. */
  readonly add: readonly Alias[]
  /** What was left out or changed on the way, a sentence each. */
  readonly notes: readonly string[]
}

const NAME_CHARS_MAX = 64
const ALIASES_MAX = 10_000

/** What to add to those that are there, which stay. */
export function planAliases(
  aliases: readonly HomerAlias[],
  existing: readonly Alias[],
): PlannedAliases {
  const taken = new Map(existing.map(({ address, name }) => [address, name]))
  const add: Alias[] = []
  const notes: string[] = []
  for (const alias of aliases) {
    const name = alias.alias.trim().slice(0, NAME_CHARS_MAX)
    const { address, note } = addressOf(alias)
    const say = (what: string) => notes.push(`${name || '(no name)'} (${alias.ip}): ${what}`)
    if (address === undefined || name === '') {
      say(note || 'it has no name; left out')
      continue
    }
    const known = taken.get(address)
    if (known !== undefined && known !== name) say(`${address} is ${known} already; left as it is`)
    if (known !== undefined) continue
    if (taken.size >= ALIASES_MAX) {
      say(`there are ${ALIASES_MAX} aliases already; left out`)
      continue
    }
    taken.set(address, name)
    add.push({ address, name })
    if (note) say(note)
  }
  return { add, notes }
}

function addressOf({ ip, port, mask, captureId, isActive }: HomerAlias) {
  const [bare = '', bits] = ip.trim().split('/')
  const family = isIP(bare)
  if (!isActive) return { address: undefined, note: 'it is switched off there; left out' }
  if (family === 0) return { address: undefined, note: 'that is no IP address; left out' }
  const all = family === 6 ? 128 : 32
  const width = Number(bits ?? mask ?? all)
  const isNetwork = width > 0 && width < all
  const notes = [
    ...(isNetwork && port > 0 ? [`it was for port ${port} only; now for all of the network`] : []),
    ...(captureId !== '' && captureId !== '0'
      ? [`it was for agent ${captureId} only; now for all`]
      : []),
  ]
  const host = family === 6 ? `[${bare}]` : bare
  const address = isNetwork ? `${bare}/${width}` : port > 0 ? `${host}:${port}` : bare
  return { address, note: notes.join('; ') }
}
