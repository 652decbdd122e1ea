// POST /hep: many frames in one request, and the one HEP transport with an acknowledgement.
//
//   200 {received, appended, rejected}   comes only when everything appended is on the disk. Frames
//                                        that are not HEP are quarantined and counted, the others kept
//   400, 403                             not one frame was kept
//   413, 415, 429, 503                   see http-errors.ts
//
// When the spool is full, nothing of the body is taken. Should it become full half-way, the answer is
// 503 with how many frames were appended, counted from the start of the body; the rest was not looked
// at. Sending the whole body again is right: frames that come twice are shown as one message with two
// taps. The same holds for 429 (one source's share was used up half-way) and for a lost answer.
// A relay avoids that: its batches have names (batch-memory.ts), and of one that comes again only what is
// missing is taken.
import { CARRIED_TYPE } from '#hep'
import type { RejectReason } from '#ledger'
import { type AccessPolicy, Admission } from './admission.ts'
import { type BatchId, BatchMemory, parseBatchId } from './batch-memory.ts'
import type { FrameLog } from './frame-log.ts'
import { FrameReceiver, isRefusal, type Received } from './frame-receiver.ts'
import { bodyBytesAtMost, readHttpBody } from './http-body.ts'
import { errorResponse, HttpIntakeError, type HttpIntakeErrorCode } from './http-errors.ts'
import { takeCarried, takeFrames } from './http-frames.ts'
import { peerAddress } from './peer-address.ts'

const MIB = 1024 * 1024

export interface HttpIntakeOptions {
  /** Its own lane: the thread that answers requests is the only one that may write to it. */
  readonly lane: FrameLog
  readonly policy?: AccessPolicy
  /** True from when the lane is to be closed: nothing more is taken. @default never */
  readonly isClosing?: () => boolean
  /** What relays have sent. @default forgotten with the process */
  readonly batches?: BatchMemory
  /** How far the store is, for relays that wait for it. @default not told */
  readonly progress?: () => LaneProgress
  /** Of one body, as sent and unpacked. @default 16 MiB */
  readonly bodyBytesMax?: number
  /** Of all bodies being read at once. @default 64 MiB */
  readonly inFlightBytesMax?: number
}

/** How much of the lane the store has passed: what is before that is in the database. */
export interface LaneProgress {
  /** The spool's id: another one means another disk. */
  readonly spool: string
  readonly passedFrames: number
}

export type HttpIntake = (
  request: Request,
  peer: { readonly ip: string; readonly port: number },
) => Promise<Response>

/** Makes the handler of POST /hep. */
export function createHttpIntake({
  lane,
  policy = {},
  isClosing = () => false,
  batches = new BatchMemory(undefined, lane.ledger.appended),
  progress,
  bodyBytesMax = 16 * MIB,
  inFlightBytesMax = 64 * MIB,
}: HttpIntakeOptions): HttpIntake {
  const admission = new Admission(policy)
  const receiver = new FrameReceiver(lane, admission, 'http')
  let inFlightBytes = 0
  return async (request, { ip, port }) => {
    if (progress && request.headers.has(PROGRESS_HEADER)) return Response.json(progress())
    const bytes = bodyBytesAtMost(request, bodyBytesMax)
    const peerIp = peerAddress(ip)
    const refusal = isClosing() ? closing : refuseUnread(request, lane, admission, peerIp)
    const isKnown = isKnownBatch(request, batches)
    if (refusal && !isKnown) return errorResponse(refusal)
    if (inFlightBytes > 0 && inFlightBytes + bytes > inFlightBytesMax) return errorResponse(tooMany)
    inFlightBytes += bytes
    try {
      const body = await readHttpBody(request, bodyBytesMax)
      if (isClosing() && !isKnown) return errorResponse(closing)
      const intake = new BodyIntake(
        { lane, receiver, isClosing, batches, spool: progress?.().spool },
        peerIp,
        port,
      )
      return await intake.take(body, kindOf(request, body.length))
    } catch (error) {
      if (error instanceof HttpIntakeError) return errorResponse(error)
      throw error
    } finally {
      inFlightBytes -= bytes
    }
  }
}

/** Asks how far the store is, instead of bringing frames. */
const PROGRESS_HEADER = 'calliope-progress'

const closing = new HttpIntakeError('closing', 'This node is shutting down.')
const tooMany = new HttpIntakeError('too_many_bodies', 'Too many bodies are being read just now.')

// What a node that takes nothing more has of a batch it must still say: the relay waits for that.
function isKnownBatch({ headers }: Request, batches: BatchMemory): boolean {
  const id = parseBatchId(headers.get('calliope-batch') ?? '')
  return id !== undefined && (batches.keptOf(id) ?? 0) > 0
}

function refuseUnread(
  request: Request,
  lane: FrameLog,
  admission: Admission,
  ip: string,
): HttpIntakeError | undefined {
  if (request.method !== 'POST')
    return new HttpIntakeError('method_not_allowed', `${request.method} is not known here.`)
  if (admission.sourceOf(ip, Date.now())?.allowed === false)
    return new HttpIntakeError('address_denied', `${ip} is not on the allow-list.`)
  return lane.isFull ? new HttpIntakeError('spool_full', 'The spool is full.') : undefined
}

interface BodyParts {
  readonly lane: FrameLog
  readonly receiver: FrameReceiver
  readonly isClosing: () => boolean
  readonly batches: BatchMemory
  readonly spool: string | undefined
}

/** A body of HEP, or of carried frames, which may be a batch with a name. */
type BodyKind = 'hep' | 'carried' | BatchId

/** A batch goes into the lane without a pause, and others want a turn. */
const BATCH_BYTES_MAX = 2 * MIB

function kindOf({ headers }: Request, bytes: number): BodyKind {
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const header = headers.get('calliope-batch')
  if (type !== CARRIED_TYPE && header === null) return 'hep'
  if (bytes > BATCH_BYTES_MAX)
    throw new HttpIntakeError('body_too_large', `A batch has at most ${BATCH_BYTES_MAX} bytes.`)
  if (header === null) return 'carried'
  const id = parseBatchId(header)
  if (id && type === CARRIED_TYPE) return id
  throw new HttpIntakeError(
    'bad_batch',
    'The header calliope-batch, or the body with it, is wrong.',
  )
}

/** One body on its way into the lane. */
class BodyIntake {
  readonly #lane: FrameLog
  readonly #receiver: FrameReceiver
  readonly #isClosing: () => boolean
  readonly #batches: BatchMemory
  readonly #spool: string | undefined
  readonly #ip: string
  readonly #port: number
  #since: number
  readonly #byReason: Partial<Record<RejectReason, number>> = {}
  #appended = 0
  #repeated = 0
  #stopped: HttpIntakeError | undefined
  #isSafe = false

  constructor(parts: BodyParts, ip: string, port: number) {
    const { lane, receiver, isClosing, batches, spool } = parts
    this.#spool = spool
    this.#batches = batches
    this.#lane = lane
    this.#receiver = receiver
    this.#isClosing = isClosing
    this.#ip = ip
    this.#port = port
    this.#since = lane.position
  }

  async take(body: Buffer, kind: BodyKind): Promise<Response> {
    if (body.length === 0) throw new HttpIntakeError('empty_body', 'The body is empty.')
    if (kind === 'hep') await this.#takeFrames(body)
    else if (kind === 'carried') this.#takeCarried(body, 0)
    else return this.#takeBatch(body, kind)
    return this.#answer()
  }

  // No await between `begin` and `end`: the frames stand side by side in the lane.
  async #takeBatch(body: Buffer, id: BatchId): Promise<Response> {
    const { ledger } = this.#lane
    this.#repeated = this.#batches.keptOf(id) ?? 0
    this.#since = this.#batches.begin(id, ledger.appended, this.#since)
    this.#takeCarried(body, this.#repeated)
    this.#batches.end(id, this.#appended)
    const [response] = await Promise.all([this.#answer(), this.#batches.sync()])
    // Nobody knows what of it is on the disk: better twice than not at all.
    if (!this.#isSafe) this.#batches.end(id, 0)
    return response
  }

  #takeCarried(body: Buffer, known: number): void {
    const fault = takeCarried(
      body,
      (frame) => {
        const isKnown = this.#appended < known
        const receive = () => this.#receiver.receiveCarried(frame, this.#ip, isKnown)
        if (isKnown) this.#count(receive())
        else this.#keep(receive)
      },
      () => this.#stopped !== undefined,
    )
    const none = Buffer.alloc(0)
    if (fault) this.#keep(() => this.#receiver.refuse(none, fault, this.#ip, this.#port))
  }

  async #takeFrames(body: Buffer): Promise<void> {
    await takeFrames(
      body,
      {
        onOne: (bytes) => this.#keep(() => this.#receiver.receive(bytes, this.#ip, this.#port)),
        onFrame: (frame) =>
          this.#keep(() => this.#receiver.receiveChecked(frame, this.#ip, this.#port)),
        onFault: (fault, bytes) =>
          this.#keep(() => this.#receiver.refuse(bytes, fault, this.#ip, this.#port)),
      },
      () => this.#stopped !== undefined,
    )
  }

  #keep(receive: () => Received): void {
    if (this.#stopped) return
    if (this.#isClosing()) this.#stopped = closing
    else if (this.#lane.isFull) this.#stop('spool_full', 'The spool became full.')
    else this.#count(receive())
  }

  #count(received: Received): void {
    if (received === 'appended') this.#appended++
    else if (isRefusal(received)) this.#byReason[received] = (this.#byReason[received] ?? 0) + 1
    else if (received === 'source_limit') this.#stop('source_limit', `${this.#ip} sent too much.`)
    else this.#stop('spool_full', `A frame could not be kept (${received}).`)
  }

  #stop(code: HttpIntakeErrorCode, message: string): void {
    this.#stopped = new HttpIntakeError(code, message)
  }

  // Whatever the answer says of frames appended is true on the disk before it is sent.
  async #answer(): Promise<Response> {
    const counts = this.#counts
    try {
      await this.#lane.sync(this.#since)
      this.#isSafe = true
    } catch (error) {
      const said = error instanceof Error ? error.message : String(error)
      return errorResponse(new HttpIntakeError('not_safe', said))
    }
    if (this.#stopped) return errorResponse(this.#stopped, counts)
    if (counts.appended === 0) return errorResponse(nothingKept(counts.rejected.byReason), counts)
    return Response.json(counts)
  }

  get #counts() {
    const total = Object.values(this.#byReason).reduce((sum, count) => sum + count, 0)
    const rejected = { total, byReason: this.#byReason }
    const repeated = this.#repeated > 0 ? { repeated: this.#repeated } : {}
    // Its frames are all before this place, though they may be well before it.
    const place = this.#spool
      ? { place: { spool: this.#spool, frames: this.#lane.ledger.appended } }
      : {}
    const appended = this.#appended
    return { received: appended + total, appended, rejected, ...repeated, ...place }
  }
}

function nothingKept(byReason: Partial<Record<RejectReason, number>>): HttpIntakeError {
  const reasons = Object.keys(byReason)
  const keysOnly = reasons.every((reason) => reason === 'auth_missing' || reason === 'auth_wrong')
  const all = `Nothing in the body was kept: ${reasons.join(', ')}.`
  return new HttpIntakeError(keysOnly ? 'key_refused' : 'nothing_decodable', all)
}
