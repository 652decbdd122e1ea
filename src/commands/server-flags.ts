// How client commands find the server: the same two flags everywhere.
import { type Client, openClient } from '#api'
import { kinds, setting } from '#config'

export const SERVER_FLAGS = {
  url: setting(
    kinds.httpUrl,
    process.env.CALLIOPE_URL ?? 'http://127.0.0.1:9080',
    'the server (or CALLIOPE_URL in the environment)',
  ),
  token: setting(kinds.secret, '', 'its token (or CALLIOPE_HTTP_TOKEN in the environment)'),
}

/** A client for the server that the flags name. */
export function clientFor({ url, token }: { url: string; token: string }): Client {
  const known = token || process.env.CALLIOPE_HTTP_TOKEN
  return openClient({
    url: url.includes('://') ? url : `http://${url}`,
    ...(known ? { token: known } : {}),
  })
}

/** An AbortSignal that Ctrl-C and SIGTERM raise, so that a command ends its request and returns. */
export function interruption(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort())
  return controller.signal
}
