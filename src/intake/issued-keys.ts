// Keys that administrators issue while nodes run, shared by all threads of a node. A flooded thread gets
// no messages, so they lie in shared memory; a thread copies them when the version has changed.
//
//   i32 version (odd while being written) | i32 count | secret 32 | HMAC-SHA-256 of each key, 32 each
//
// Only the HMACs are known here. Computing one for every frame would cost more than receiving it, so
// each thread remembers the key that was right last, until the version changes.
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Keys that count; more are not used by anybody. */
export const ISSUED_KEYS_MAX = 256
const HASH_BYTES = 32
const HEAD_BYTES = 8

/** Memory for `writeIssuedKeys` and `AccessPolicy.issued`. */
export const issuedKeysMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(HEAD_BYTES + HASH_BYTES * (1 + ISSUED_KEYS_MAX))

/** Replaces the keys; every thread sees it at its next frame. */
export function writeIssuedKeys(
  memory: SharedArrayBuffer,
  secret: Uint8Array,
  hashes: readonly Uint8Array[],
): void {
  const head = new Int32Array(memory, 0, 2)
  const bytes = new Uint8Array(memory)
  const kept = hashes.slice(0, ISSUED_KEYS_MAX)
  Atomics.add(head, 0, 1)
  Atomics.store(head, 1, kept.length)
  bytes.set(secret.subarray(0, HASH_BYTES), HEAD_BYTES)
  for (const [i, hash] of kept.entries()) bytes.set(hash, HEAD_BYTES + HASH_BYTES * (1 + i))
  Atomics.add(head, 0, 1)
}

/** One thread's view of the keys. */
export class IssuedKeys {
  readonly #memory: SharedArrayBuffer
  readonly #head: Int32Array
  #version = 0
  #secret = Buffer.alloc(HASH_BYTES)
  #hashes: readonly Buffer[] = []
  #rightLast: Buffer | undefined

  constructor(memory: SharedArrayBuffer) {
    this.#memory = memory
    this.#head = new Int32Array(memory, 0, 2)
  }

  /** Looks at every key either way; the time says nothing about them. */
  matches(key: Buffer): boolean {
    this.#follow()
    if (this.#hashes.length === 0) return false
    const last = this.#rightLast
    if (last !== undefined && last.length === key.length && timingSafeEqual(last, key)) return true
    const given = createHmac('sha256', this.#secret).update(key).digest()
    let found = false
    for (const hash of this.#hashes) found = timingSafeEqual(given, hash) || found
    if (found) this.#rightLast = Buffer.from(key)
    return found
  }

  // While somebody writes, what was there before goes on counting.
  #follow(): void {
    const version = Atomics.load(this.#head, 0)
    if (version === this.#version || version % 2 !== 0) return
    const copy = Buffer.from(new Uint8Array(this.#memory).slice())
    if (Atomics.load(this.#head, 0) !== version) return
    const count = Math.min(ISSUED_KEYS_MAX, copy.readInt32LE(4))
    const at = (i: number) => copy.subarray(HEAD_BYTES + HASH_BYTES * i).subarray(0, HASH_BYTES)
    this.#secret = at(0)
    this.#hashes = Array.from({ length: count }, (_, i) => at(1 + i))
    this.#rightLast = undefined
    this.#version = version
  }
}
