// From what a handler returns to what goes over the wire: JSON, compression, and the headers every
// answer carries. Nothing here knows a route.
//
// The content policy is the strictest the screen can live with: our own files and nothing else, no
// inline script, no frame around us. It goes with every answer, so that a payload somebody manages
// to have shown as a page still cannot run.
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

/** What a handler returns. */
export type Reply =
  | { readonly kind: 'json'; readonly value: unknown; readonly status?: number }
  | {
      readonly kind: 'body'
      readonly body: BodyInit | null
      readonly headers: Readonly<Record<string, string>>
      readonly status?: number
    }
  /** Passed on as it is, but for the common headers. */
  | { readonly kind: 'response'; readonly response: Response }

const COMMON_HEADERS = {
  'content-security-policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  // A payload exported as text stays text, whatever it looks like.
  'x-content-type-options': 'nosniff',
  // frame-ancestors says it to browsers of today, this one to older ones.
  'x-frame-options': 'DENY',
  // Addresses hold Call-IDs and numbers; they are nobody else's business.
  'referrer-policy': 'no-referrer',
  // Other sites may not even load our answers as images or scripts to measure them.
  'cross-origin-resource-policy': 'same-origin',
} as const

const gzipAside = promisify(gzip)
// Below this, a compressed answer needs as many packets as a plain one.
const GZIP_BYTES_MIN = 1024

/** The usual reply. */
export const json = (value: unknown): Reply => ({ kind: 'json', value })

/** The response for a reply; HEAD is cut by the server, which keeps the length. */
export async function respond(
  reply: Reply,
  request: Request,
  extra: Readonly<Record<string, string>> = {},
): Promise<Response> {
  if (reply.kind === 'response') return withHeaders(reply.response, COMMON_HEADERS)
  // Calls change while they are looked at: what is kept would be stale. Files say otherwise themselves.
  const headers = { ...COMMON_HEADERS, 'cache-control': 'no-store', ...extra }
  if (reply.kind === 'body')
    return new Response(reply.body, {
      status: reply.status ?? 200,
      headers: { ...headers, ...reply.headers },
    })
  const { body, encoding } = await encodeJson(reply.value, request)
  return new Response(body, {
    status: reply.status ?? 200,
    headers: { ...headers, ...encoding, 'content-type': 'application/json; charset=utf-8' },
  })
}

// Off the main thread and at the quickest level: a call of 5,000 messages is megabytes of text.
async function encodeJson(value: unknown, request: Request) {
  const text = Buffer.from(JSON.stringify(value))
  const encoding = { vary: 'accept-encoding' }
  if (text.length < GZIP_BYTES_MIN || !accepts(request, 'gzip')) return { body: text, encoding }
  const body = await gzipAside(text, { level: 1 })
  return { body, encoding: { ...encoding, 'content-encoding': 'gzip' } }
}

/** Whether the client takes this content coding (RFC 9110 §12.5.3; q=0 means no). */
export function accepts(request: Request, coding: string): boolean {
  const offers = (request.headers.get('accept-encoding') ?? '').toLowerCase().split(',')
  const offer = offers.map((part) => part.trim().split(/\s*;\s*/)).find(([name]) => name === coding)
  return offer !== undefined && !offer.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
}

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}
