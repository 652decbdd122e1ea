// Tells a running Calliope what the reconciler did, so that its fleet page shows why nodes came. Best
// effort: a page that is not told is no reason for a fleet to fail.
import { type Outcome, outcomeLine } from '#fleet'
import { log } from '#log'

const WAIT_MS_MAX = 5_000

/** Posts a change to --tell; does nothing without a URL or without a change. */
export async function tellCalliope(
  { tell, token }: { tell: string; token: string },
  outcome: Outcome,
): Promise<void> {
  if (tell === '' || outcome.done !== 'changed') return
  const { change, why } = outcomeLine(outcome)
  const known = token || process.env.CALLIOPE_HTTP_TOKEN
  try {
    const response = await fetch(new URL('/api/v1/fleet/events', tell), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(known ? { authorization: `Bearer ${known}` } : {}),
      },
      body: JSON.stringify({ kind: 'noted', reason: `${change}: ${why}` }),
      signal: AbortSignal.timeout(WAIT_MS_MAX),
    })
    if (!response.ok) log.warn({ status: response.status, tell }, 'Calliope was not told')
  } catch (error) {
    log.warn({ err: error, tell }, 'Calliope was not told')
  }
}
