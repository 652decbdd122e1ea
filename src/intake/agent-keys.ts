// The keys agents may send in chunk 14. Several may be valid at once, so that a key can be changed
// agent by agent; one may be bound to networks. All comparisons take the same time whatever the key:
//
//   slot of 256 bytes:  [u8 length][key][zeros …]   compared whole, and against every key
import { timingSafeEqual } from 'node:crypto'
import { CidrList } from './cidr-list.ts'
import { IntakeError } from './intake-error.ts'
import { IssuedKeys } from './issued-keys.ts'

const SLOT_BYTES = 256
const KEY_BYTES_MAX = SLOT_BYTES - 1

/** A key agents may send; bound to networks when `from` is given. */
export interface AgentKey {
  readonly key: string
  /** CIDR blocks this key is good for. @default everywhere */
  readonly from?: readonly string[]
}

interface PaddedKey {
  readonly slot: Buffer
  readonly from: CidrList | undefined
}

/** The configured keys, ready to be compared in constant time. */
export class AgentKeys {
  readonly #keys: readonly PaddedKey[]
  readonly #issued: IssuedKeys | undefined
  readonly #scratch = Buffer.alloc(SLOT_BYTES)

  constructor(keys: readonly (string | AgentKey)[], issued?: SharedArrayBuffer) {
    this.#keys = keys.map(padKey)
    this.#issued = issued && new IssuedKeys(issued)
  }

  /** False when no key is configured: then nobody needs one. */
  get required(): boolean {
    return this.#keys.length > 0
  }

  /** Which of the keys an address may use. */
  slotsFor(ip: string): readonly Buffer[] {
    return this.#keys.filter(({ from }) => from?.has(ip) ?? true).map(({ slot }) => slot)
  }

  /** True when `key` is one of `slots`; looks at all of them either way. */
  matches(key: Buffer, slots: readonly Buffer[]): boolean {
    if (key.length > KEY_BYTES_MAX) return false // the length of what was sent is no secret of ours
    this.#scratch.fill(0)
    this.#scratch[0] = key.length
    key.copy(this.#scratch, 1)
    let found = false
    for (const slot of slots) found = timingSafeEqual(this.#scratch, slot) || found
    return found || (this.#issued?.matches(key) ?? false)
  }
}

function padKey(written: string | AgentKey): PaddedKey {
  const { key, from } = typeof written === 'string' ? { key: written, from: undefined } : written
  const bytes = Buffer.from(key)
  if (bytes.length === 0 || bytes.length > KEY_BYTES_MAX) {
    throw new IntakeError(
      'INTAKE_BAD_OPTION',
      `An agent key has ${bytes.length} bytes; give 1 to ${KEY_BYTES_MAX} (the key is not shown here)`,
    )
  }
  const slot = Buffer.alloc(SLOT_BYTES)
  slot[0] = bytes.length
  bytes.copy(slot, 1)
  return { slot, from: from && new CidrList(from) }
}
