// Batches to a Calliope: POST /hep with carried frames, each batch under its name, so that one whose
// answer was lost is not taken again. What passes by itself is waited for, however long; what a person
// has to mend ends the migration, and the same command goes on later.
//
//   200                   everything is on that node's disk
//   400, whole            every frame was looked at and refused there: counted
//   503, 429, no answer   again, the same batch: of what was taken only the rest is
//   401, 403, 404, 413    MigrateError
//
// The spool of the target must not fill up, or live traffic would be dropped for old calls: so no more is
// sent ahead of what is in the database than `aheadMax`.
import { Backoff, pause } from '#backoff'
import { CARRIED_TYPE } from '#hep'
import { MigrateError } from './migrate-error.ts'

export interface SenderOptions {
  readonly url: string
  readonly token: string | undefined
  readonly signal: AbortSignal
  /** Frames on the target's disk and not in its database. @default 200000 */
  readonly aheadMax?: number
  /** Hears why something has to be waited for. */
  readonly onWait?: (why: string) => void
}

/** A batch and its name. */
export interface NamedBatch {
  readonly stream: string
  readonly number: number
  readonly floor: number
  readonly body: Buffer<ArrayBuffer>
  readonly frames: number
}

export interface Receipt {
  readonly taken: number
  readonly rejected: number
}

interface Answer {
  readonly received?: number
  readonly appended?: number
  readonly rejected?: { readonly byReason?: Readonly<Record<string, number>> }
  readonly place?: { readonly spool: string; readonly frames: number }
  readonly error?: { readonly code?: string; readonly message?: string; readonly hint?: string }
}

const ANSWER_MS_MAX = 30_000
const ASK_MS = 100
const AHEAD_MAX = 200_000

export class BatchSender {
  readonly #options: SenderOptions
  readonly #headers: Readonly<Record<string, string>>
  /** Frames in the lane of the target, as it said with the newest batch. */
  #lane = 0
  #passed = 0

  constructor(options: SenderOptions) {
    this.#options = options
    this.#headers = options.token ? { authorization: `Bearer ${options.token}` } : {}
  }

  /** Resolves when the target has it; undefined when the signal aborted first. */
  async send(batch: NamedBatch): Promise<Receipt | undefined> {
    const { signal, onWait } = this.#options
    const backoff = new Backoff()
    while (!signal.aborted) {
      const outcome = await this.#try(batch)
      if ('taken' in outcome) return outcome
      onWait?.(outcome.why)
      await pause(Math.max(outcome.afterMs, backoff.nextMs()), signal)
    }
    return undefined
  }

  /** Resolves when the database has caught up enough to send more. */
  async room(): Promise<void> {
    await this.#untilBehind(this.#options.aheadMax ?? AHEAD_MAX)
  }

  /** Resolves with true when all that was sent is in the database; false when that cannot be known. */
  async stored(): Promise<boolean> {
    return this.#untilBehind(0)
  }

  // A target that does not tell (a relay) is not waited for.
  async #untilBehind(framesMax: number): Promise<boolean> {
    const { signal } = this.#options
    while (this.#lane - this.#passed > framesMax && !signal.aborted) {
      const progress = await this.#progress()
      if (progress === 'unknown') return false
      this.#passed = progress ?? this.#passed
      if (this.#lane - this.#passed > framesMax) await pause(ASK_MS, signal)
    }
    return !signal.aborted
  }

  async #progress(): Promise<number | 'unknown' | undefined> {
    try {
      const response = await this.#post(Buffer.alloc(0), { 'calliope-progress': '?' })
      const { passedFrames } = (await response.json()) as { passedFrames?: number }
      if (response.ok) return typeof passedFrames === 'number' ? passedFrames : 'unknown'
      return response.status < 500 ? 'unknown' : undefined
    } catch {
      return undefined
    }
  }

  async #try(batch: NamedBatch): Promise<Receipt | { why: string; afterMs: number }> {
    const { stream, number, floor, body, frames } = batch
    try {
      const response = await this.#post(body, {
        'content-type': CARRIED_TYPE,
        'calliope-batch': `${stream} ${number} ${floor}`,
      })
      const answer = (await response.json().catch(() => ({}))) as Answer
      const receipt = this.#receiptOf(response, answer, frames)
      if (receipt) return receipt
      const afterMs = Number(response.headers.get('retry-after') ?? 0) * 1_000
      return { why: saidBy(response, answer), afterMs }
    } catch (error) {
      if (error instanceof MigrateError) throw error
      const { code, message } = error as { code?: string; message: string }
      return { why: `no answer from ${this.#options.url} (${code ?? message})`, afterMs: 0 }
    }
  }

  #receiptOf(response: Response, answer: Answer, frames: number): Receipt | undefined {
    const { received = -1, appended = 0, place, error } = answer
    const { status } = response
    const isRefusal = status === 400 && error?.code === 'nothing_decodable'
    if ((status === 200 || isRefusal) && received === frames) {
      const keys = Object.keys(answer.rejected?.byReason ?? {}).filter((r) => r.startsWith('auth_'))
      if (keys.length > 0) throw refused(response, answer, 'Agent keys are asked for: give --key.')
      this.#lane = place?.frames ?? this.#lane
      return { taken: appended, rejected: received - appended }
    }
    const isForPerson = status >= 400 && status < 500 && status !== 429 && status !== 408
    if (isForPerson) {
      const isKnown = error?.code === 'address_denied'
      throw refused(response, answer, (isKnown ? undefined : HINTS[status]) ?? error?.hint ?? '')
    }
    return undefined
  }

  #post(body: Buffer<ArrayBuffer>, headers: Readonly<Record<string, string>>): Promise<Response> {
    const { url, signal } = this.#options
    return fetch(`${url}/hep`, {
      ...{ method: 'POST', body, headers: { ...this.#headers, ...headers } },
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
    })
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: 'Give the http.token of the target, or an API token for `ingest`, with --token.',
  403: 'Give an agent key with --key, or a token that may `ingest` with --token.',
  404: 'Nothing takes HEP there: --url has to be the HTTP address of a Calliope that captures (up or capture).',
}

const saidBy = ({ status }: Response, { error }: Answer): string =>
  `${status} ${error?.code ?? ''} ${error?.message ?? ''}`.trim()

const refused = (response: Response, answer: Answer, hint: string): MigrateError =>
  new MigrateError(
    'MIGRATE_REFUSED',
    `${new URL(response.url).origin} refuses: ${saidBy(response, answer)}.`,
    hint,
  )
