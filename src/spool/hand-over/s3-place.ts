// A bucket as the place, through Bun's own S3 client. Every request has a time limit and is tried again
// when that may help; what only a person can mend says so at once, and what to do about it.
import { setTimeout as sleep } from 'node:timers/promises'
import { S3Client } from 'bun'
import { type HandOverPlace, LIST_MAX, PlaceError } from './place.ts'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

export interface S3PlaceOptions {
  readonly bucket: string
  /** Before every key; '' or ending with '/'. */
  readonly prefix: string
  /** An address other than that of AWS. */
  readonly endpoint?: string | undefined
  readonly region?: string | undefined
  /** Asked for each request: those of a role are renewed now and then. */
  readonly credentials: () => Promise<S3Credentials>
  /** One try. @default 20000 */
  readonly answerMsMax?: number
  /** @default 5 */
  readonly triesMax?: number
}

/** Opens a bucket as the place; nothing is asked of it yet. */
export const openS3Place = (options: S3PlaceOptions): HandOverPlace => new S3Place(options)

const WAIT_MS_FIRST = 100
const WAIT_MS_MAX = 3_000

class S3Place implements HandOverPlace {
  readonly name: string
  readonly #options: S3PlaceOptions

  constructor(options: S3PlaceOptions) {
    this.#options = options
    this.name = `s3://${options.bucket}/${options.prefix}`.replace(/\/$/, '')
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#ask(`writing ${key}`, (client) => client.write(this.#at(key), bytes), signal)
  }

  get(key: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    const read = async (client: S3Client) => {
      try {
        return Buffer.from(await client.file(this.#at(key)).arrayBuffer())
      } catch (error) {
        if (codeOf(error) === 'NoSuchKey') return undefined
        throw error
      }
    }
    return this.#ask(`reading ${key}`, read, signal)
  }

  async list(prefix: string): Promise<readonly string[]> {
    const keys: string[] = []
    const full = this.#at(prefix)
    for (let startAfter: string | undefined; keys.length < LIST_MAX; ) {
      const page = await this.#ask(`listing ${prefix}`, (client) =>
        client.list({ prefix: full, ...(startAfter === undefined ? {} : { startAfter }) }),
      )
      const found = page.contents?.map(({ key }) => key) ?? []
      keys.push(...found.map((key) => key.slice(this.#options.prefix.length)))
      startAfter = found.at(-1)
      if (!page.isTruncated || startAfter === undefined) break
    }
    return keys.sort()
  }

  async remove(key: string): Promise<void> {
    await this.#ask(`deleting ${key}`, (client) => client.delete(this.#at(key)))
  }

  #at(key: string): string {
    return `${this.#options.prefix}${key}`
  }

  async #ask<Value>(
    what: string,
    work: (client: S3Client) => Promise<Value>,
    signal?: AbortSignal,
  ): Promise<Value> {
    const { triesMax = 5 } = this.#options
    for (let tries = 1; ; tries++) {
      try {
        return await this.#once(work, signal)
      } catch (error) {
        const explained = this.#explain(what, error)
        if (!explained.retryable || tries >= triesMax || signal?.aborted) throw explained
        const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_FIRST * 3 ** (tries - 1))
        await sleep(waitMs * (0.5 + Math.random()), undefined, signal ? { signal } : {}).catch(
          () => undefined,
        )
      }
    }
  }

  // Bun cannot take a request back: one that is late goes on by itself, and its outcome is not asked for.
  async #once<Value>(
    work: (client: S3Client) => Promise<Value>,
    signal: AbortSignal | undefined,
  ): Promise<Value> {
    const { bucket, endpoint, region, credentials, answerMsMax = 20_000 } = this.#options
    const place = { bucket, ...(endpoint ? { endpoint } : {}), ...(region ? { region } : {}) }
    const { sessionToken, ...keys } = await credentials()
    const client = new S3Client({ ...place, ...keys, ...(sessionToken ? { sessionToken } : {}) })
    const ending = new AbortController()
    const limit = AbortSignal.any([ending.signal, ...(signal ? [signal] : [])])
    const late = sleep(answerMsMax, undefined, { signal: limit, ref: false }).then(
      () => Promise.reject(coded('NoAnswer', `no answer within ${answerMsMax} ms`)),
      () => Promise.reject(coded('Aborted', 'there was no more time for it')),
    )
    try {
      return await Promise.race([work(client), late])
    } finally {
      late.catch(() => undefined)
      ending.abort()
    }
  }

  #explain(what: string, error: unknown): PlaceError {
    const code = codeOf(error)
    const { bucket, prefix } = this.#options
    const said = `${this.name} (drain.handover), ${what}: ${code} (${(error as Error).message})`
    return new PlaceError(
      `${said}; ${hintFor(code, `${bucket}/${prefix}*`)}`,
      isPassing(code),
      error,
    )
  }
}

const coded = (code: string, message: string): Error => Object.assign(new Error(message), { code })

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code ?? 'unknown')

const KEYS = 'check drain.handover_key_id and drain.handover_secret, or the role of this node'
const REGION = 'set drain.handover_region to the region of the bucket'
const NEVER_MENDED: Readonly<Record<string, string | undefined>> = {
  InvalidAccessKeyId: KEYS,
  SignatureDoesNotMatch: KEYS,
  ExpiredToken: KEYS,
  InvalidToken: KEYS,
  CredentialsProviderError: KEYS,
  ERR_S3_MISSING_CREDENTIALS: KEYS,
  NoSuchBucket: 'make the bucket, or name another in drain.handover',
  InvalidBucketName: 'name another bucket in drain.handover',
  AuthorizationHeaderMalformed: REGION,
  PermanentRedirect: REGION,
  IllegalLocationConstraintException: REGION,
  RequestTimeTooSkewed: "set this machine's clock",
  ERR_S3_INVALID_ENDPOINT: 'correct drain.handover_endpoint',
}

const isPassing = (code: string): boolean =>
  code !== 'AccessDenied' && code !== 'Aborted' && NEVER_MENDED[code] === undefined

function hintFor(code: string, objects: string): string {
  if (code === 'AccessDenied') {
    return (
      `allow this node s3:GetObject, s3:PutObject and s3:DeleteObject on arn:aws:s3:::${objects} ` +
      'and s3:ListBucket on the bucket'
    )
  }
  if (code === 'Aborted') return 'give it more in drain.timeout'
  return NEVER_MENDED[code] ?? 'see that this node can reach it (drain.handover_endpoint, network)'
}
