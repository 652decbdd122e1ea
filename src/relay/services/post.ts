// One request to a service: compressed, with its login, bounded in time, and no redirect followed, since
// the login would go along. What is thrown or told never holds the login.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer } from './service.ts'

export interface PostOptions {
  readonly url: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** The value of `authorization`; '' = none. */
  readonly login: string
  /** PEM. */
  readonly ca: string | undefined
  readonly isGzip: boolean
  readonly signal: AbortSignal
}

const compress = promisify(gzip)
const ANSWER_CHARS_MAX = 4 * 2 ** 20

/** Posts; throws when there was no whole answer. */
export async function post(options: PostOptions): Promise<Answer> {
  const { url, body, headers, login, ca, isGzip, signal } = options
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      ...(ca ? { tls: { ca } } : {}),
      headers: {
        ...headers,
        ...(isGzip ? { 'content-encoding': 'gzip' } : {}),
        ...(login ? { authorization: login } : {}),
      },
      body: isGzip ? new Uint8Array(await compress(body, { level: 1 })) : body,
      signal,
    })
    const text = hide((await response.text()).slice(0, ANSWER_CHARS_MAX), login)
    return { status: response.status, text, retryAfterMs: retryAfterMs(response) }
  } catch (error) {
    const { code = '', message = String(error) } = error as { code?: string; message?: string }
    throw new Error(hide(code ? `${message} (${code})` : message, login), { cause: error })
  }
}

/** Seconds, or a date. */
function retryAfterMs({ headers }: Response): number {
  const text = headers.get('retry-after') ?? ''
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), 600_000) : 0
}

function hide(text: string, login: string): string {
  const credential = login.split(' ').at(-1) ?? ''
  return credential.length > 3 ? text.replaceAll(credential, '…') : text
}
