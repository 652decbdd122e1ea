// Who may send, with which key, how much. Asked for every frame, so the answer for an open door (no
// rule configured) costs nothing, and otherwise one look into the table of sources.
import type { MalformedHep } from '#hep'
import { type AgentKey, AgentKeys } from './agent-keys.ts'
import { CidrList } from './cidr-list.ts'
import { type Source, SourceTable } from './source-table.ts'

/** Rules for those who send; an empty policy lets everybody send everything. */
export interface AccessPolicy {
  /** CIDR blocks that may send. @default everybody */
  readonly allow?: readonly string[] | undefined
  /** Keys agents must send in chunk 14; several may be valid at once. @default none needed */
  readonly keys?: readonly (string | AgentKey)[] | undefined
  /** Keys issued while nodes run, besides `keys`; they count where `keys` asks for one. @default none */
  readonly issued?: SharedArrayBuffer | undefined
  /** Frames a second kept from one address; 0 = all. @default 0 */
  readonly framesPerSecondMax?: number | undefined
}

/** Applies a policy. Everything it refuses, it explains for the quarantine. */
export class Admission {
  readonly #keys: AgentKeys
  readonly #sources: SourceTable
  readonly #hasSourceRules: boolean
  readonly #framesPerSecondMax: number

  constructor({ allow = [], keys = [], issued, framesPerSecondMax = 0 }: AccessPolicy = {}) {
    this.#keys = new AgentKeys(keys, issued)
    this.#framesPerSecondMax = framesPerSecondMax
    this.#hasSourceRules = allow.length > 0 || keys.length > 0 || framesPerSecondMax > 0
    const allowed = allow.length > 0 ? new CidrList(allow) : undefined
    this.#sources = new SourceTable(allowed, this.#keys, framesPerSecondMax)
  }

  /** The source's record, or undefined when no rule needs one. */
  sourceOf(ip: string, nowMs: number): Source | undefined {
    return this.#hasSourceRules ? this.#sources.of(ip, nowMs) : undefined
  }

  /** Why a well-formed frame is refused for its key; undefined when it is not. */
  keyFault(frame: Buffer, key: Buffer | undefined, source: Source): MalformedHep | undefined {
    if (!this.#keys.required) return undefined
    if (key === undefined) return KEY_MISSING
    if (this.#keys.matches(key, source.keySlots)) return undefined
    return { ...KEY_WRONG, offset: offsetIn(frame, key) }
  }

  /** False when the source has had its share of this second. */
  withinRate(source: Source, nowMs: number): boolean {
    return this.#framesPerSecondMax === 0 || source.takeToken(this.#framesPerSecondMax, nowMs)
  }
}

/** Said of a frame from an address that is not on the list. */
export const ADDRESS_DENIED: MalformedHep = {
  kind: 'malformed',
  reason: 'address_denied',
  offset: 0,
  detail: 'The sender is not on the allow-list (intake.allow).',
}

const KEY_MISSING: MalformedHep = {
  kind: 'malformed',
  reason: 'auth_missing',
  offset: 0,
  detail: 'Agent keys are configured and the frame carries none (chunk 14; HEP v1 and v2 cannot).',
}

const KEY_WRONG: MalformedHep = {
  kind: 'malformed',
  reason: 'auth_wrong',
  offset: 0,
  detail: 'The key in chunk 14 is none of those this sender may use (intake.keys).',
}

// The key is a view into the frame, unless the frame came compressed.
function offsetIn(frame: Buffer, key: Buffer): number {
  const offset = key.byteOffset - frame.byteOffset
  const isView = key.buffer === frame.buffer && offset > 0 && offset < frame.length
  return isView ? offset : 0
}
