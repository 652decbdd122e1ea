// The HTTP server: where it listens and how it ends. What it answers is in api-server.ts.
//
// Closing ends live streams with a word, lets requests under way finish for a moment, then cuts.
import type { Server } from 'bun'
import { log } from '#log'
import { ApiServer, BODY_BYTES_MAX } from './api-server.ts'
import { isLoopback } from './auth/access.ts'
import type { ApiOptions } from './options.ts'

// Seconds without a byte either way before a connection is cut; live streams are exempt.
const IDLE_SECONDS_MAX = 75

/** A running server. */
export interface Api {
  /** Where it listens, for people and for `openClient`: 'http://127.0.0.1:9080'. */
  readonly url: string
  readonly port: number
  /** Stops listening, ends live streams, waits a moment for the rest. Safe to call twice. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Why the API did not start; the message says what to do. */
export class ApiStartError extends Error {
  readonly code: 'API_ADDRESS_IN_USE' | 'API_ADDRESS_REFUSED' | 'API_NEEDS_TOKEN'

  constructor(code: ApiStartError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Starts the HTTP server; throws ApiStartError when the address cannot be had or is not safe. */
export async function startApi(options: ApiOptions): Promise<Api> {
  await refuseWithoutLogin(options)
  // Nothing listens before everything that can refuse has had its say.
  const app = new ApiServer(options)
  const server = listen(options, app)
  const url = server.url.origin
  // One closing, however often it is asked for and by whom.
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= app.close(server)
    return closing
  }
  return { url, port: server.port!, close, [Symbol.asyncDispose]: close }
}

// Without a user nobody could get in, and whoever starts it would think of a mistake elsewhere.
async function refuseWithoutLogin(options: ApiOptions): Promise<void> {
  const { hostname, token, people, login } = options
  if (token || isLoopback(hostname) || login?.oidc) return
  try {
    if (await people?.hasUsers()) return
  } catch (error) {
    // Everybody is asked to log in all the same; to refuse would lose packets over a database's nap.
    log.warn({ room: 'api', err: error }, 'it is not known yet whether there are users to log in')
    return
  }
  throw new ApiStartError(
    'API_NEEDS_TOKEN',
    `HTTP on ${showAddress(options)} would be open to other machines, and nobody could log in. ` +
      'Add a user (calliope user add NAME --role admin), set http.token (CALLIOPE_HTTP_TOKEN), ' +
      'or listen on 127.0.0.1 (--http 127.0.0.1:9080).',
  )
}

function listen(options: ApiOptions, app: ApiServer): Server<undefined> {
  const { hostname, port, bodyBytesMax = BODY_BYTES_MAX } = options
  try {
    return Bun.serve({
      hostname,
      port,
      // Bun would share the port with another process when `development` is off.
      reusePort: false,
      idleTimeout: IDLE_SECONDS_MAX,
      maxRequestBodySize: bodyBytesMax,
      development: false,
      fetch: (request, server) => app.answer(request, server),
      // Only what the code around the handlers throws comes here.
      error: (error) => {
        log.error({ room: 'api', err: error }, 'request failed outside its handler')
        return new Response(null, { status: 500 })
      },
    })
  } catch (error) {
    throw startError(options, error)
  }
}

function startError(options: ApiOptions, cause: unknown): ApiStartError {
  const where = showAddress(options)
  const code = (cause as { code?: string }).code
  return code === 'EADDRINUSE'
    ? new ApiStartError(
        'API_ADDRESS_IN_USE',
        `HTTP cannot listen on ${where}: another process has it. ` +
          'Stop that one, or choose another port with --http HOST:PORT.',
        { cause },
      )
    : new ApiStartError(
        'API_ADDRESS_REFUSED',
        `HTTP cannot listen on ${where} (${code ?? (cause as Error).message}). ` +
          'Give an address of this machine and a free port with --http HOST:PORT.',
        { cause },
      )
}

const showAddress = ({ hostname, port }: ApiOptions): string =>
  hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`
