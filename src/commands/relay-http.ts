// The relay's HTTP: health, metrics, its ledger, and POST /hep. It has no database and no screen, and so
// not the API's server: beside a sender it must be small.
//
//   open         /healthz  /readyz
//   http.token   /metrics  /api/v1/ledger  /hep (or agent keys in the frames)
import { createHash, timingSafeEqual } from 'node:crypto'
import type { HostPort } from '#config'
import type { HttpIntake } from '#intake'
import { registry } from '#metrics'
import { CommandError } from './command.ts'

export interface RelayHttpOptions {
  readonly listen: HostPort
  /** Empty: none, which configuration allows on loopback only. */
  readonly token: string
  /** Frames carry agent keys, so that POST /hep needs no token. */
  readonly hasKeys: boolean
  readonly takeHep: HttpIntake
  /** Why HEP should not be sent here; empty when it may be. */
  readonly missing: () => readonly string[]
  readonly ledger: () => Promise<object>
}

export interface RelayHttp extends AsyncDisposable {
  readonly url: string
  close(): Promise<void>
}

const BODY_BYTES_MAX = 16 * 2 ** 20

/** Starts answering; throws when the address cannot be had. */
export function startRelayHttp(options: RelayHttpOptions): RelayHttp {
  const { host: hostname, port } = options.listen
  const server = listen(hostname, port, (request, peer) => answer(options, request, peer))
  const close = () => server.stop(true)
  return { url: server.url.origin, close, [Symbol.asyncDispose]: close }
}

type Peer = { readonly ip: string; readonly port: number }

function listen(
  hostname: string,
  port: number,
  handle: (request: Request, peer: Peer) => Promise<Response>,
) {
  try {
    return Bun.serve({
      ...{ hostname, port, maxRequestBodySize: BODY_BYTES_MAX },
      fetch: (request, server) => {
        const address = server.requestIP(request)
        return handle(request, { ip: address?.address ?? '', port: address?.port ?? 0 })
      },
      error: () => refusal(500, 'internal', 'Something unexpected went wrong.'),
    })
  } catch (error) {
    throw new CommandError(
      `http.listen: ${hostname}:${port} cannot be had (${(error as Error).message}): is it in use? Give another with --http`,
    )
  }
}

async function answer(options: RelayHttpOptions, request: Request, peer: Peer): Promise<Response> {
  const { pathname } = new URL(request.url)
  if (pathname === '/healthz') return Response.json({ alive: true })
  if (pathname === '/readyz') return readiness(options.missing())
  const isOpen = pathname === '/hep' && options.hasKeys
  if (!isOpen && !isAllowed(request, options.token))
    return refusal(
      401,
      'token_missing',
      'Send "Authorization: Bearer TOKEN", TOKEN being http.token.',
    )
  if (pathname === '/hep') return options.takeHep(request, peer)
  if (pathname === '/metrics')
    return new Response(await registry.metrics(), {
      headers: { 'content-type': registry.contentType },
    })
  if (pathname === '/api/v1/ledger') return Response.json(await options.ledger())
  return refusal(
    404,
    'unknown_route',
    'There are /healthz, /readyz, /metrics, /api/v1/ledger, /hep.',
  )
}

const readiness = (missing: readonly string[]): Response =>
  Response.json({ ready: missing.length === 0, missing }, { status: missing.length ? 503 : 200 })

function isAllowed(request: Request, token: string): boolean {
  if (token === '') return true
  const given = /^Bearer (.+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? ''
  return timingSafeEqual(digest(given), digest(token))
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

const refusal = (status: number, code: string, message: string): Response =>
  Response.json({ error: { code, message, hint: 'docs/relay.md' } }, { status })
