// One request from arrival to answer: access, route, parameters, handler, reply, and every error in
// one place.
//
//   request ─▶ origin ─▶ route ─▶ token ─▶ parameters ─▶ handler ─▶ reply
//      │          └──────────┴───────┴──────────┴───────────┴─▶ error as JSON, status from errors.ts
//      └ gone away, or out of time ─▶ signal ─▶ the store stops its work
import type { Server } from 'bun'
import { log } from '#log'
import { Gate, isLoopback } from './auth/access.ts'
import { type Client, Forwarded } from './auth/forwarded.ts'
import { type Identity, NOBODY } from './auth/identity.ts'
import { auditOf, checkRights } from './auth/login-context.ts'
import { OidcLoginPage } from './auth/oidc.ts'
import { RequestRate } from './auth/request-rate.ts'
import { ApiError, explainError } from './errors.ts'
import { Deadline } from './http/deadline.ts'
import { countRequest } from './http/http-metrics.ts'
import { type Reply, respond } from './http/reply.ts'
import {
  patternsOf,
  quote,
  type RequestContext,
  type RoutePattern,
  readParams,
  routesAt,
} from './http/route.ts'
import { StaticFiles } from './http/static-files.ts'
import { LiveStreams } from './live/live.ts'
import { ownSecret, type SecretSource, storeFor } from './masking/masked-store.ts'
import type { ApiOptions, Peer } from './options.ts'
import { ROUTES } from './routes/routes.ts'

const REQUEST_MS_MAX = 60_000
const CLOSE_MS_MAX = 2_000
const IDLE_MS_MAX = 12 * 3_600_000
const REQUESTS_PER_SECOND_MAX = 200
/** How often a stream that stays open looks whether its owner is still logged in. */
const RECHECK_MS = 15_000
/** What can be answered without the database. */
const STORELESS = new Set(['/metrics', '/hep', '/api/v1/about', '/api/v1/openapi.json'])
/** Some 20,000 frames of 800 bytes: an agent that comes back after an outage has something to send. */
export const BODY_BYTES_MAX = 16 * 2 ** 20

/** Answers requests; `startApi` gives it a socket. */
export class ApiServer {
  readonly #options: ApiOptions
  readonly #gate: Gate
  readonly #forwarded: Forwarded
  readonly #rate: RequestRate
  readonly #oidc: OidcLoginPage | undefined
  readonly #secret: SecretSource
  readonly #files: StaticFiles
  readonly #live: LiveStreams
  readonly #patterns = patternsOf(ROUTES)

  constructor(options: ApiOptions) {
    this.#options = options
    const { login = {}, people, hostname, token, hosts = [] } = options
    const publicHosts = login.oidc ? [new URL(login.oidc.publicUrl).hostname] : []
    this.#gate = new Gate({
      ...{ token, people, isLocal: isLoopback(hostname), hosts: [...hosts, ...publicHosts] },
      idleMsMax: login.idleMsMax ?? IDLE_MS_MAX,
    })
    this.#forwarded = new Forwarded(login.trustedProxies ?? [])
    this.#rate = new RequestRate(login.requestsPerSecondMax ?? REQUESTS_PER_SECOND_MAX)
    this.#oidc = login.oidc && people ? new OidcLoginPage(login.oidc, people) : undefined
    this.#secret = people ? () => people.secret('masking') : ownSecret
    this.#files = new StaticFiles(options.files ?? [])
    this.#live = new LiveStreams(options.heartbeatMs)
  }

  async answer(request: Request, server: Server<undefined>): Promise<Response> {
    const startedMs = performance.now()
    const { path, query } = target(request.url)
    const { route, response } = await this.#tryAnswer(request, path, query, server)
    countRequest(route, request.method, response.status, performance.now() - startedMs)
    return response
  }

  async close(server: Server<undefined>): Promise<void> {
    this.#live.close()
    // Streams end by themselves now; requests under way get a moment; idle connections get nothing.
    await Promise.race([server.stop(), Bun.sleep(CLOSE_MS_MAX)])
    await server.stop(true)
  }

  // The route's template is known even when it fails, so that metrics can name it.
  async #tryAnswer(
    request: Request,
    path: string,
    query: string,
    server: Server<undefined>,
  ): Promise<{ route: string; response: Response }> {
    let route = 'none'
    const deadline = new Deadline(this.#options.requestMsMax ?? REQUEST_MS_MAX)
    try {
      this.#gate.checkOrigin(request)
      const found = routesAt(path, this.#patterns)
      route = found[0]?.route.path ?? (this.#files.has(path) ? 'file' : 'none')
      const client = this.#forwarded.client(request, peerOf(request, server))
      const work = async () => {
        const who = await this.#identify(request, path, found, client.peer)
        const context = this.#context(request, client, server, deadline, who)
        return this.#handle(request, path, query, found, context)
      }
      const reply = await deadline.hold(work())
      return { route, response: await respond(reply, request) }
    } catch (error) {
      return { route, response: await failed(error, request, path) }
    } finally {
      deadline.clear()
    }
  }

  // The screen's files are open: there is nothing in them, and the login page is one.
  async #identify(
    request: Request,
    path: string,
    found: readonly RoutePattern[],
    { ip }: Peer,
  ): Promise<Identity> {
    if (isOpen(found, this.#options) || (found.length === 0 && this.#files.has(path))) {
      if (path.startsWith('/api/')) this.#rate.refuseIfTooMany(ip)
      return NOBODY
    }
    const who = await this.#gate.identify(request, ip, !STORELESS.has(path))
    // HEP is as much as comes; whoever is at this very machine could take all of it anyway.
    if (who.kind !== 'local' && path !== '/hep') this.#rate.refuseIfTooMany(ip)
    return who
  }

  // Our own routes first: no file of the screen can stand in front of one.
  async #handle(
    request: Request,
    path: string,
    query: string,
    found: readonly RoutePattern[],
    context: RequestContext,
  ): Promise<Reply> {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const pattern = found.find(({ route }) => route.method === method)
    if (pattern) {
      if (context.who.kind !== 'nobody') checkRights(pattern.route, context.who)
      refuseLargeBody(request, this.#options.bodyBytesMax ?? BODY_BYTES_MAX)
      const values = readParams(pattern, path, new URLSearchParams(query), Date.now() * 1000)
      return pattern.route.handle(values, context)
    }
    if (method === 'GET' && this.#files.has(path)) return this.#files.reply(path, request)
    // Something is here, but not for this method; or nothing is.
    const methods = found.map(({ route }) => route.method)
    if (methods.length > 0 || this.#files.has(path))
      throw wrongMethod(request.method, path, methods.length > 0 ? methods : ['GET'])
    throw unknownRoute(path)
  }

  // Made per request, because each has its own end: the client's leaving or the time limit.
  #context(
    request: Request,
    { peer, isSecure }: Client,
    server: Server<undefined>,
    deadline: Deadline,
    who: Identity,
  ): RequestContext {
    const { login = {}, people } = this.#options
    return {
      ...{ request, gate: this.#gate, login, oidc: this.#oidc, isSecure },
      audit: auditOf(people, who, peer),
      signal: AbortSignal.any([request.signal, deadline.signal]),
      peer,
      options: this.#options,
      who,
      store: storeFor(this.#options.store, who, this.#secret),
      storeAs: (other) => storeFor(this.#options.store, other, this.#secret),
      keepOpen: () => {
        deadline.clear()
        server.timeout(request, 0)
        return this.#whileLoggedIn(request, peer, who)
      },
      watch: (q, context) => this.#live.watch(q, context),
    }
  }

  // What stays open for hours must not outlive the login it began with.
  #whileLoggedIn(request: Request, { ip }: Peer, who: Identity): AbortSignal {
    if (who.kind !== 'user' && who.kind !== 'token') return request.signal
    const over = new AbortController()
    const timer = setInterval(async () => {
      const now = await this.#gate.find(request, ip).catch(() => who)
      if (now?.name !== who.name || now.masking !== who.masking) over.abort()
    }, RECHECK_MS)
    const signal = AbortSignal.any([request.signal, over.signal])
    signal.addEventListener('abort', () => clearInterval(timer))
    return signal
  }
}

// Path and query as sent: a URL object would be made per request only to be taken apart again, and
// fails on the relative form that a request without a Host header has.
function target(url: string): { path: string; query: string } {
  const [, path = '/', query = ''] =
    /^(?:https?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/.exec(url) ?? []
  return { path: path || '/', query }
}

// A path nobody knows is not open: who has no token shall not learn what there is.
const isOpen = (found: readonly RoutePattern[], { hep }: ApiOptions): boolean =>
  found.length > 0 &&
  found.every(
    ({ route: { access } }) =>
      access === 'open' || (access === 'handler' && hep?.access === 'agent-keys'),
  )

function peerOf(request: Request, server: Server<undefined>): Peer {
  const address = server.requestIP(request)
  return { ip: address?.address ?? '', port: address?.port ?? 0 }
}

// A body that does not say its length is cut by Bun at the same limit, which answers 413 itself.
const CUT_BY_BUN = 'Request body exceeded maxRequestBodySize'

function refuseLargeBody(request: Request, bytesMax: number): void {
  const bytes = Number(request.headers.get('content-length') ?? 0)
  if (bytes > bytesMax)
    throw new ApiError(
      'body_too_large',
      `The body has ${bytes} bytes; at most ${bytesMax} are taken at once.`,
      'Send it in several requests.',
    )
}

async function failed(error: unknown, request: Request, path: string): Promise<Response> {
  // Nobody is there to read it; what the store threw on being stopped is no fault.
  if (request.signal.aborted) return new Response(null, { status: 499 })
  if ((error as Error | undefined)?.message === CUT_BY_BUN)
    return new Response(null, { status: 413 })
  const explained = explainError(error, (id, cause) =>
    log.error({ room: 'api', id, method: request.method, path, err: cause }, 'request failed'),
  )
  return respond(
    { kind: 'json', value: explained.body(), status: explained.status },
    request,
    explained.headers,
  )
}

const wrongMethod = (method: string, path: string, allowed: readonly string[]): ApiError => {
  const list = [...new Set(allowed.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])))]
  return new ApiError(
    'method_not_allowed',
    `${quote(path)} does not take ${method}.`,
    `Allowed: ${list.join(', ')}.`,
    { headers: { allow: list.join(', ') } },
  )
}

const unknownRoute = (path: string): ApiError =>
  new ApiError(
    'unknown_route',
    `There is nothing at ${quote(path)}.`,
    path.startsWith('/api/v1/calls/')
      ? "Percent-encode the Call-ID: '/' in it is %2F."
      : 'GET /api/v1/openapi.json lists what there is.',
  )
