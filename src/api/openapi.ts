// openapi.json, made from the table of routes. It says what the table says, and the tests parse real
// answers with the same schemas, so the description cannot be out of date.
import { ERRORS, type ErrorCode } from './errors.ts'
import type { Answer, Route } from './http/route.ts'
import { jsonSchemas } from './schemas/schemas.ts'

// Errors that come with what a route is, so that no route has to list them.
const ANY_ROUTE: readonly ErrorCode[] = ['foreign_host', 'foreign_origin', 'internal']
const TOKEN_ROUTE: readonly ErrorCode[] = ['token_missing', 'token_wrong', 'too_many_attempts']
const STORE_ROUTE: readonly ErrorCode[] = ['store_unavailable', 'timed_out']
const QUERY_ROUTE: readonly ErrorCode[] = [
  'bad_parameter',
  'unknown_parameter',
  'repeated_parameter',
]

/** The description of these routes, as an object ready for JSON. */
export const openApi = (routes: readonly Route[]): Record<string, unknown> => ({
  openapi: '3.1.0',
  info: {
    title: 'Calliope',
    version: '1',
    summary: 'Calls captured from HEP: search, ladder, export, live view, ledger.',
    description: 'Times are RFC 3339 UTC with microseconds. The API grows by addition only.',
  },
  paths: Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, here]) => [
      path,
      Object.fromEntries(here.map((route) => [route.method.toLowerCase(), operation(route)])),
    ]),
  ),
  components: {
    schemas: jsonSchemas(),
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic', description: 'any user; the token is the password' },
    },
  },
})

const operation = (route: Route) => ({
  operationId: operationId(route),
  summary: route.summary,
  security: route.access === 'open' ? [] : [{ bearer: [] }, { basic: [] }],
  parameters: Object.entries(route.params).map(([name, param]) => ({
    name,
    in: param.in,
    required: param.in === 'path',
    description: `${param.help} (${param.allowed})`,
    schema: param.schema,
  })),
  ...(route.path === '/hep' ? { requestBody: HEP_BODY } : {}),
  ...(route.body ? { requestBody: jsonBody(route.body) } : {}),
  responses: { '200': success(route.answer), ...failures(errorsOf(route)) },
})

// Its frames have a format of their own, see docs/hep.md.
const HEP_BODY = {
  required: true,
  content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
}

const jsonBody = (schema: string) => ({
  required: true,
  content: { 'application/json': { schema: ref(schema) } },
})

/** 'getCallsPcap' for GET /api/v1/calls/{callId}/pcap. */
const operationId = ({ method, path }: Route): string =>
  method.toLowerCase() +
  path
    .replace('/api/v1', '')
    .split(/[/.]/)
    .map((part) => (part.startsWith('{') ? 'ById' : part.charAt(0).toUpperCase() + part.slice(1)))
    .join('')

/** Every error a route can give: its own, and those that come with what it is. */
export const errorsOf = ({
  access,
  params,
  answer,
  path,
  body,
  errors,
}: Route): readonly ErrorCode[] => [
  ...new Set([
    ...ANY_ROUTE,
    ...(access === 'open' ? [] : TOKEN_ROUTE),
    ...(path.startsWith('/api/v1/') && answer !== undefined ? STORE_ROUTE : []),
    ...(Object.keys(params).length > 0 ? QUERY_ROUTE : (['unknown_parameter'] as const)),
    ...(body ? (['bad_body', 'body_too_large'] as const) : []),
    ...(path.includes('{') ? (['bad_path'] as const) : []),
    ...errors,
  ]),
]

const success = (answer: Answer) =>
  answer.kind === 'json'
    ? { description: 'OK', content: { 'application/json': { schema: ref(answer.schema) } } }
    : { description: answer.about, content: { [answer.type]: { schema: { type: 'string' } } } }

const failures = (codes: readonly ErrorCode[]) =>
  Object.fromEntries(
    [...Map.groupBy(codes, (code) => ERRORS[code].status)].map(([status, sharing]) => [
      String(status),
      {
        description: sharing.map((code) => `\`${code}\`: ${ERRORS[code].when}.`).join(' '),
        content: { 'application/json': { schema: ref('Error') } },
      },
    ]),
  )

// Named shapes are referred to, so that generated clients have one type for each.
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
