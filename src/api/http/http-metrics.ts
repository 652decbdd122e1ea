// Requests by route, method and status. Routes are templates, never paths: a Call-ID as a label
// would make a time series for every call.
import { Counter, Histogram, registry } from '#metrics'

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Counts one answer; unknown methods are one label, for anybody can invent them. */
export function countRequest(route: string, method: string, status: number, ms: number): void {
  requests.inc({ route, method: METHODS.has(method) ? method : 'other', status: String(status) })
  seconds.observe({ route }, ms / 1000)
}

const requests = new Counter({
  name: 'calliope_http_requests_total',
  help: 'HTTP requests answered.',
  labelNames: ['route', 'method', 'status'],
  registers: [registry],
})

const seconds = new Histogram({
  name: 'calliope_http_request_seconds',
  help: 'From request to the first byte of its answer.',
  labelNames: ['route'],
  buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1, 5, 20, 60],
  registers: [registry],
})
