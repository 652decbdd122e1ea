// The store as one identity sees it. Every route reads through it, so that none can forget to mask: a
// method added to CallStore does not compile before it is said here what is hidden of its answer.
//
//   store ─▶ answer ─▶ every text in it masked (mask-answer.ts, mask-message.ts) ─▶ route
//   Call-IDs that come in are those that went out: replaced digits are put back
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import type { CallDetail, Quarantined, TailEvent } from '#contract'
import type { Identity } from '../auth/identity.ts'
import type { CallStore, Trace } from '../call-store.ts'
import { ApiError } from '../errors.ts'
import { DigitCipher } from './digit-cipher.ts'
import { maskAnswer, maskOf, maskTrace } from './mask-answer.ts'
import { type Mask, maskMessage } from './mask-message.ts'
import { maskQuery } from './mask-query.ts'
import type { Masking } from './masking.ts'

/** Where the installation's own secret comes from; the same Call-ID looks the same on every node. */
export type SecretSource = () => Promise<Uint8Array>

const OF_THIS_PROCESS = randomBytes(32)
/** For a server without a database of people. */
export const ownSecret: SecretSource = async () => OF_THIS_PROCESS

/** `store` as `who` may see it. */
export const storeFor = (
  store: CallStore,
  { masking, name }: Identity,
  secret: SecretSource = ownSecret,
): CallStore => (masking === undefined ? store : maskedStore(store, masking, name, secret))

interface Secrets {
  readonly key: Uint8Array
  readonly cipher: DigitCipher
}
const secretsOf = new WeakMap<SecretSource, Promise<Secrets>>()

// A cipher knows what it replaced before, so there is one for all requests.
function open(source: SecretSource): Promise<Secrets> {
  const known = secretsOf.get(source)
  if (known) return known
  const made = source().then((key) => ({ key, cipher: new DigitCipher(key) }))
  secretsOf.set(source, made)
  made.catch(() => secretsOf.delete(source))
  return made
}

function maskedStore(
  store: CallStore,
  policy: Masking,
  name: string,
  source: SecretSource,
): CallStore {
  const view: View = { store, policy, secrets: () => open(source) }
  return { ...maskedSearch(view), ...maskedCalls(view), ...maskedState(view, name) }
}

/** What all masked methods go by. */
interface View {
  readonly store: CallStore
  readonly policy: Masking
  readonly secrets: () => Promise<Secrets>
}

const maskFor = async ({ policy, secrets }: View): Promise<Mask> =>
  maskOf(policy, (await secrets()).cipher)

const hide = async <Value>(value: Value, view: View): Promise<Value> =>
  maskAnswer(value, await maskFor(view))

type Searching = 'searchCalls' | 'countCalls' | 'recentValues' | 'tail'

function maskedSearch(view: View): Pick<CallStore, Searching> {
  const { store, policy, secrets } = view
  const query = async (q: string) => maskQuery(q, policy, (await secrets()).cipher)
  return {
    async searchCalls(search, signal) {
      const { key } = await secrets()
      const cursor = search.cursor === undefined ? undefined : unseal(search.cursor, key)
      const page = await store.searchCalls({ ...search, q: await query(search.q), cursor }, signal)
      // A cursor holds the Call-ID of the last row as it is.
      const nextCursor = page.nextCursor === null ? null : seal(page.nextCursor, key)
      return { ...(await hide(page, view)), nextCursor }
    },
    async countCalls(counted, signal) {
      return store.countCalls({ ...counted, q: await query(counted.q) }, signal)
    },
    async recentValues(field, prefix, signal) {
      const holdsNumbers = /^(from|to|ruri|user|callid|text|header\..*)?$/i.test(field)
      if (policy.numbers && holdsNumbers) return []
      return hide(await store.recentValues(field, prefix, signal), view)
    },
    async *tail(q, signal): AsyncGenerator<TailEvent> {
      const mask = await maskFor(view)
      for await (const event of store.tail(maskQuery(q, policy, mask.cipher), signal))
        yield maskAnswer(event, mask)
    },
  }
}

type OneCall = 'readCall' | 'goodCall' | 'similarCalls' | 'readTrace'

function maskedCalls(view: View): Pick<CallStore, OneCall> {
  const { store, policy, secrets } = view
  const real = async (callId: string): Promise<string> =>
    policy.numbers ? (await secrets()).cipher.show(callId) : callId

  /** By the Call-ID that was shown, or by the real one: who knows that learns nothing by it. */
  async function either<Found>(
    callId: string,
    find: (callId: string) => Promise<Found | undefined>,
  ): Promise<Found | undefined> {
    const shown = await real(callId)
    return (await find(shown)) ?? (shown === callId ? undefined : find(callId))
  }

  return {
    async readCall(callId, options, signal) {
      const others = options.with && (await Promise.all(options.with.map(real)))
      const call = await either(callId, (id) =>
        store.readCall(id, { ...options, ...(others ? { with: others } : {}) }, signal),
      )
      return call && maskAnswer<CallDetail>(call, maskOf(policy, (await secrets()).cipher, call))
    },
    async goodCall(callId, signal) {
      const good = await either(callId, (id) => store.goodCall(id, signal))
      return good && hide(good, view)
    },
    async similarCalls(callId, signal) {
      const similar = await either(callId, (id) => store.similarCalls(id, signal))
      return similar && hide(similar, view)
    },
    async readTrace(callIds, signal) {
      const trace = await store.readTrace(await Promise.all(callIds.map(real)), signal)
      const masked: Trace = maskTrace(trace, policy, (await secrets()).cipher)
      return trace.omitted === undefined
        ? masked
        : Object.assign(masked, { omitted: trace.omitted })
    },
  }
}

function maskedState(view: View, name: string): Omit<CallStore, Searching | OneCall> {
  const { store } = view
  return {
    // Counters, addresses and versions: nobody's number is in them.
    ledger: () => store.ledger(),
    sources: () => store.sources(),
    nodes: () => store.nodes(),
    fleet: store.fleet,
    kpi: (...range) => store.kpi(...range),
    kpiDetails: async (...range) => hide(await store.kpiDetails(...range), view),
    async quarantine(limit) {
      const mask = await maskFor(view)
      return (await store.quarantine(limit)).map((frame) => maskFrame(frame, mask))
    },
    quarantineKeeper: store.quarantineKeeper,
    shares: store.shares,
    searches: {
      async list(owner) {
        const searches = await store.searches.list(owner)
        // One's own were typed by oneself.
        return Promise.all(searches.map((one) => (one.owner === name ? one : hide(one, view))))
      },
      save: (search) => store.searches.save(search),
      remove: (id, owner) => store.searches.remove(id, owner),
    },
  }
}

const maskFrame = (frame: Quarantined, mask: Mask): Quarantined => {
  const bytes = Buffer.from(frame.frame, 'base64').toString('latin1')
  return {
    ...maskAnswer(frame, mask),
    frame: Buffer.from(maskMessage(bytes, 1, mask), 'latin1').toString('base64'),
  }
}

// AES-GCM under a key made of the installation's: what is sealed cannot be read, nor made up.
const sealKey = (key: Uint8Array) => createHash('sha256').update('cursor').update(key).digest()

function seal(text: string, key: Uint8Array): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', sealKey(key), nonce)
  const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final()])
  return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')
}

function unseal(text: string, key: Uint8Array): string {
  try {
    const bytes = Buffer.from(text, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', sealKey(key), bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]).toString()
  } catch {
    throw new ApiError('bad_parameter', 'cursor is none of ours.', 'Ask for the first page again.')
  }
}
