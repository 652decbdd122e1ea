// Health and metrics on addresses of their own, for balancers and Prometheus that cannot log in. The API
// listens off loopback only with a login; here is nothing that would need one: no calls, no settings.
//
//   http.health    GET /  /healthz  /readyz
//   http.metrics   the same, and /metrics
//
// It listens before anything else starts and answers 503 until the node runs: whoever is told 200 may send.
import { type Config, flagOf, type HostPort, showAddress } from '#config'
import { registry } from '#metrics'
import { CommandError } from './command.ts'

type Key = 'http.health' | 'http.metrics'

export interface OpenHttp extends AsyncDisposable {
  /** Where they listen, by the name after `http.`. */
  readonly addresses: Readonly<Record<string, HostPort>>
}

const IDLE_SECONDS_MAX = 30

/** Starts what the configuration names; `missing` says why HEP should not be sent here. */
export async function startOpenHttp(
  config: Config,
  missing: () => Promise<readonly string[]>,
): Promise<OpenHttp> {
  await using undo = new AsyncDisposableStack()
  const addresses: Record<string, HostPort> = {}
  for (const { key, listen, hasMetrics } of listenersOf(config)) {
    const server = serve(key, listen, (request) => answer(request, hasMetrics, missing))
    undo.defer(() => server.stop(true))
    addresses[key.slice('http.'.length)] = { host: listen.host, port: server.port! }
  }
  const owned = undo.move()
  return { addresses, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

// One address for both, as somebody may well give, is one listener with both.
function listenersOf({ 'http.health': health, 'http.metrics': metrics }: Config) {
  const isOne = health && metrics && metrics.port > 0 && Bun.deepEquals(health, metrics)
  return [
    ...(health && !isOne
      ? [{ key: 'http.health', listen: health, hasMetrics: false } as const]
      : []),
    ...(metrics ? [{ key: 'http.metrics', listen: metrics, hasMetrics: true } as const] : []),
  ]
}

function serve(
  key: Key,
  { host: hostname, port }: HostPort,
  handle: (request: Request) => Promise<Response>,
) {
  try {
    return Bun.serve({
      ...{ hostname, port, idleTimeout: IDLE_SECONDS_MAX, maxRequestBodySize: 0 },
      ...{ reusePort: false, development: false, fetch: handle },
      error: () => new Response(null, { status: 500 }),
    })
  } catch (error) {
    throw new CommandError(
      `${key}: ${showAddress({ host: hostname, port })} cannot be had (${(error as Error).message}): is it in use, or a port below 1024 without the right to it? Give another with --${flagOf(key, {})} HOST:PORT`,
    )
  }
}

async function answer(
  request: Request,
  hasMetrics: boolean,
  missing: () => Promise<readonly string[]>,
): Promise<Response> {
  const path = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/.exec(request.url)?.[1] || '/'
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return new Response(null, { status: 405, headers: { allow: 'GET, HEAD' } })
  if (path === '/healthz') return Response.json({ alive: true })
  if (path === '/' || path === '/readyz') {
    const reasons = await missing()
    const status = reasons.length > 0 ? 503 : 200
    return Response.json({ ready: status === 200, missing: reasons }, { status })
  }
  if (path === '/metrics' && hasMetrics)
    return new Response(await registry.metrics(), {
      headers: { 'content-type': registry.contentType },
    })
  const there = hasMetrics ? 'GET /, /healthz, /readyz, /metrics' : 'GET /, /healthz, /readyz'
  const message = `There is nothing at this path; there are ${there}.`
  return Response.json({ error: { code: 'unknown_route', message } }, { status: 404 })
}
