// Repeats a call that was throttled or met a fault of the service: full jitter over a doubling wait,
// or as long as the service asked for. A refusal is never repeated; a conflict is the caller's to
// understand. In all no longer than a function has to live.
export interface RetryOptions {
  readonly attemptsMax?: number
  readonly firstWaitMs?: number
  readonly waitMsMax?: number
  readonly random?: () => number
  readonly sleep?: (waitMs: number) => Promise<void>
}

export async function withRetry<Result>(
  call: () => Promise<Result>,
  {
    attemptsMax = 5,
    firstWaitMs = 200,
    waitMsMax = 10_000,
    random = Math.random,
    sleep = (waitMs) => new Promise((done) => setTimeout(done, waitMs)),
  }: RetryOptions = {},
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= attemptsMax || !isPassing(error)) throw error
      const jittered = random() * Math.min(waitMsMax, firstWaitMs * 2 ** attempt)
      await sleep(Math.min(waitMsMax, askedWaitMs(error) ?? jittered))
    }
  }
}

interface ServiceError {
  readonly name?: string
  readonly code?: string
  readonly $metadata?: { readonly httpStatusCode?: number }
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> }
}

const THROTTLED = /^(Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|LimitExceeded)/
const LINE_FAULTS = ['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'TimeoutError']

/** Whether the same call may do better in a moment. */
function isPassing(error: unknown): boolean {
  const { name = '', code = '', $metadata } = error as ServiceError
  if (isConflict(error)) return false
  if (THROTTLED.test(name) || LINE_FAULTS.includes(code) || LINE_FAULTS.includes(name)) return true
  return ($metadata?.httpStatusCode ?? 0) >= 500 && $metadata?.httpStatusCode !== 501
}

/** Somebody else changed the same thing at the same time. */
export const isConflict = (error: unknown): boolean =>
  /^(Conflict|ConcurrentUpdate|UpdateInProgress|ResourceInUse)/.test(
    (error as ServiceError).name ?? '',
  )

function askedWaitMs(error: unknown): number | undefined {
  const asked = (error as ServiceError).$response?.headers?.['retry-after']
  const seconds = Number(asked)
  return asked === undefined || !Number.isFinite(seconds) ? undefined : seconds * 1000
}
