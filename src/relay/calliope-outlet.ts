// To Calliope, acknowledged: POST /hep with carried frames (hep/carried-frames.ts), each parcel under its
// number, so that a node that has it already says so and does not take it again.
//
//   200              everything is on that node's disk
//   503, 429, 413…   as much was taken as the answer says, counted from the first frame
//   401, 403, 404    somebody has to mend something: nothing is given up, the log says what
//   400              every frame was looked at and refused there
//   no answer        nobody knows
import { type PeerCertificate, checkServerIdentity as verifyIdentity } from 'node:tls'
import { CARRIED_TYPE, carriedBytes, writeCarried } from '#hep'
import { TRANSPORTS } from '#spool'
import { type FrameWalk, type Outlet, OutletError, type Parcel, type Receipt } from './outlet.ts'
import { type Place, type Progress, StoredWatch } from './stored-watch.ts'
import { withKey } from './with-key.ts'

export interface CalliopeOptions {
  /** Bearer token, where nodes ask for one. */
  readonly token?: string | undefined
  /** Agent key put into every frame, where nodes ask for that. */
  readonly key?: string | undefined
  /** Authority of the nodes' certificates, PEM. @default those the system trusts */
  readonly ca?: string | undefined
  /** @default 10000 */
  readonly answerMs?: number
  /** What a parcel must be to be done. @default 'spooled' */
  readonly until?: 'spooled' | 'stored' | undefined
  /** How long a silent node is waited for when parcels must be stored. @default 60000 */
  readonly silentMs?: number
}

/** What POST /hep answers, as far as it is looked at. */
interface Answer {
  readonly received?: unknown
  readonly appended?: unknown
  readonly place?: Place
  readonly error?: { readonly code?: unknown; readonly message?: unknown }
}

const PERSON_MS = 5_000 // before what only a person can mend is tried again

export function openCalliope(options: CalliopeOptions = {}): Outlet {
  const { token, key, ca, answerMs = 10_000, until = 'spooled', silentMs = 60_000 } = options
  const headers = token ? { authorization: `Bearer ${token}` } : {}
  const ask = async (target: string): Promise<Progress> => {
    const { url, tls } = addressOf(target, ca)
    const signal = AbortSignal.timeout(answerMs)
    const question = { ...headers, 'calliope-progress': '?' }
    const response = await fetch(`${url}/hep`, { tls, method: 'POST', headers: question, signal })
    if (!response.ok) throw new Error(`${response.status}`)
    return (await response.json()) as Progress
  }
  const watch = new StoredWatch(ask, silentMs)
  return {
    async send(parcel, target, signal) {
      const { stream, number, floor } = parcel.id
      const { url, tls } = addressOf(target, ca)
      const response = await post(`${url}/hep`, {
        tls,
        method: 'POST',
        body: bodyOf(parcel, key),
        headers: {
          ...headers,
          'content-type': CARRIED_TYPE,
          'calliope-batch': `${stream} ${number} ${floor}`,
        },
        signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]),
      })
      const answer = await answerOf(response)
      const receipt = receiptOf(response, answer, parcel.frames)
      if (until === 'spooled') return receipt
      if (answer.place) return { ...receipt, confirmed: watch.wait(target, answer.place) }
      throw new OutletError('it does not tell what is stored (relay.until)', { kind: 'unknown' })
    },
    async probe(target, signal) {
      const { url, tls } = addressOf(target, ca)
      const response = await fetch(`${url}/readyz?for=hep`, { tls, signal })
      await response.body?.cancel()
      return response.ok
    },
    close: async () => watch.close(),
  }
}

// A certificate is for a name, the connection goes to one of its addresses.
function addressOf(target: string, ca: string | undefined) {
  const [url = '', name] = target.split('#')
  const checkServerIdentity = (_: string, cert: PeerCertificate) => verifyIdentity(name ?? '', cert)
  return { url, tls: { ...(ca ? { ca } : {}), ...(name ? { checkServerIdentity } : {}) } }
}

function bodyOf(parcel: Parcel, key: string | undefined): Buffer<ArrayBuffer> {
  const body = Buffer.allocUnsafeSlow(bodyBytes(parcel, key))
  const walk = parcel.walk()
  let at = 0
  while (walk.next()) {
    const arrival = arrivalOf(walk)
    const { bytes, from, to } = walk
    at = key
      ? writeCarried(body, at, arrival, withKey(bytes.subarray(from, to), key))
      : writeCarried(body, at, arrival, bytes, from, to)
  }
  return body.subarray(0, at)
}

/** Exactly, without keys; with them at most, for a blanked one makes room. */
function bodyBytes(parcel: Parcel, key: string | undefined): number {
  // A frame of an old version grows when it has to carry a key.
  const keyBytes = key ? Buffer.byteLength(key) + VERSION_3_BYTES : 0
  const walk = parcel.walk()
  let bytes = 0
  while (walk.next()) bytes += carriedBytes(walk.to - walk.from + keyBytes, arrivalOf(walk))
  return bytes
}

const VERSION_3_BYTES = 128

const arrivalOf = ({ peerIp, peerPort, receivedUs, transport }: FrameWalk) => ({
  ...{ peerIp, peerPort, receivedUs },
  transport: TRANSPORTS.indexOf(transport as (typeof TRANSPORTS)[number]),
})

async function post(url: string, init: BunFetchRequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    throw explain(error)
  }
}

// No connection, nothing sent. Everything else may have arrived.
const NOT_SENT = new Set([
  ...['ConnectionRefused', 'ECONNREFUSED', 'FailedToOpenSocket', 'ENOTFOUND', 'EHOSTUNREACH'],
  ...[
    'ENETUNREACH',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ],
  ...[
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  ],
])

function explain(error: unknown): OutletError {
  const { code = '', message = String(error) } = error as { code?: string; message?: string }
  const kind = NOT_SENT.has(code) ? 'refused' : 'unknown'
  return new OutletError(code ? `${message} (${code})` : message, { kind }, error)
}

async function answerOf(response: Response): Promise<Answer> {
  try {
    const answer: unknown = await response.json()
    if (typeof answer === 'object' && answer !== null) return answer
  } catch (error) {
    // An answer cut short, or one that no Calliope gives: of a 200 nothing is believed then.
    if (response.status === 200) throw explain(error)
  }
  return {}
}

function receiptOf({ status, headers }: Response, answer: Answer, frames: number): Receipt {
  const received = Number(answer.received ?? 0)
  const taken = Number(answer.appended ?? 0)
  const receipt = { taken, rejected: received - taken }
  const code = String(answer.error?.code ?? '')
  const isWhole = received === frames
  if (isWhole && (status === 200 || (status === 400 && code === 'nothing_decodable')))
    return receipt
  const said = `${status} ${code} ${String(answer.error?.message ?? '')}`.trim()
  if (status === 200)
    throw new OutletError(`${received} of ${frames} frames received`, { kind: 'unknown' })
  // What says nothing of the frames may come from a proxy, after the node has taken them.
  const isOurs = code !== '' && code !== 'not_safe' && code !== 'internal'
  if (!isOurs && status >= 500) throw new OutletError(said, { kind: 'unknown' })
  const retryAfterMs = Number(headers.get('retry-after') ?? 0) * 1_000 || personMs(status)
  // Only these stop half-way through a parcel; the others are about all of it.
  const first = status === 503 || status === 429 ? partly(receipt, frames) : NOTHING
  throw new OutletError(said, {
    kind: 'refused',
    first,
    retryAfterMs,
    isCertain: KNOWING.has(code),
  })
}

/** Said by a node that has looked whether it knows the batch. */
const KNOWING = new Set(['spool_full', 'closing', 'source_limit'])

const NOTHING: Receipt = { taken: 0, rejected: 0 }

const partly = (receipt: Receipt, frames: number): Receipt =>
  receipt.taken >= 0 && receipt.rejected >= 0 && receipt.taken + receipt.rejected <= frames
    ? receipt
    : NOTHING

const personMs = (status: number): number =>
  status >= 400 && status < 500 && status !== 429 ? PERSON_MS : 0
