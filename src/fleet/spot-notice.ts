// An EC2 spot instance is told two minutes before it is taken away, by its own metadata service
// (IMDSv2): `spot/instance-action` answers 404 until then. Fargate tells by SIGTERM and needs none of
// this; on EC2 the container agent sends SIGTERM late or never, so we look ourselves.
import { setTimeout as sleep } from 'node:timers/promises'
import { log as rootLog } from '#log'

const log = rootLog.child({ room: 'fleet', part: 'spot-notice' })

export interface SpotNotice {
  readonly action: string
  /** When the instance goes. */
  readonly atMs: number
}

export interface SpotNoticeOptions {
  /** @default AWS_EC2_METADATA_SERVICE_ENDPOINT, else http://169.254.169.254 */
  readonly metadataUrl?: string | undefined
  /** @default 5000 */
  readonly everyMs?: number
  readonly signal: AbortSignal
}

const ANSWER_MS_MAX = 2_000
const TOKEN_SECONDS = 21_600

/** Resolves when the instance is to be reclaimed; never, when the signal comes first. */
export async function spotNotice(options: SpotNoticeOptions): Promise<SpotNotice> {
  const { everyMs = 5_000, signal } = options
  const metadata = new Metadata(
    options.metadataUrl ??
      process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ??
      'http://169.254.169.254',
  )
  let isTold = false
  while (!signal.aborted) {
    try {
      const notice = await metadata.readNotice()
      if (notice) return notice
      isTold = false
    } catch (error) {
      // Once: with a hop limit of 1, or metadata switched off, this fails for ever.
      if (!isTold) log.warn({ error: String(error) }, UNREACHABLE)
      isTold = true
    }
    await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined)
  }
  return new Promise(() => {})
}

const UNREACHABLE =
  'the instance metadata cannot be asked for a spot notice (in containers the hop limit must be 2); trying on'

class Metadata {
  readonly #url: string
  #token: string | undefined

  constructor(url: string) {
    this.#url = url.replace(/\/$/, '')
  }

  async readNotice(): Promise<SpotNotice | undefined> {
    this.#token ??= await this.#askToken()
    const answer = await fetch(`${this.#url}/latest/meta-data/spot/instance-action`, {
      headers: { 'x-aws-ec2-metadata-token': this.#token },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    if (answer.status === 404) return undefined
    if (answer.status === 401) {
      this.#token = undefined // it ended
      throw new Error('the metadata service refused our token')
    }
    if (!answer.ok) throw new Error(`the metadata service answered ${answer.status}`)
    const { action, time } = (await answer.json()) as { action?: string; time?: string }
    const atMs = Date.parse(time ?? '')
    return { action: action ?? 'terminate', atMs: Number.isNaN(atMs) ? Date.now() + 120_000 : atMs }
  }

  async #askToken(): Promise<string> {
    const answer = await fetch(`${this.#url}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    if (!answer.ok) throw new Error(`the metadata service gave no token: ${answer.status}`)
    return answer.text()
  }
}
