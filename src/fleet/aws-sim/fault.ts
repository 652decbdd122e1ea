// What AWS answers when it does not do as asked, and how a test makes it do so. A planned fault hits
// the next calls of one operation (or of any); afterwards the service is well again.

/** An error reply: `__type` and message in the body, as every JSON service of AWS writes it. */
export class AwsFault extends Error {
  readonly type: string
  readonly status: number
  readonly retryAfterSeconds: number | undefined

  constructor(type: string, message: string, status = 400, retryAfterSeconds?: number) {
    super(message)
    this.type = type
    this.status = status
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export type FaultKind =
  | { readonly kind: 'throttle'; readonly retryAfterSeconds?: number }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'server-error' }
  /** Answered late, in real time: the client's own time-out is what is tested. */
  | { readonly kind: 'slow'; readonly waitMs: number }
  /** Done, but the answer never arrives: the caller cannot know. */
  | { readonly kind: 'lost-reply' }

interface Planned {
  readonly operation: string
  readonly fault: FaultKind
  left: number
}

export class FaultPlan {
  #planned: Planned[] = []

  /** The next `times` calls of `operation` (`*` = any) go wrong. */
  plan(operation: string, fault: FaultKind, times = 1): void {
    this.#planned.push({ operation, fault, left: times })
  }

  take(operation: string): FaultKind | undefined {
    const hit = this.#planned.find(
      (planned) => planned.left > 0 && ['*', operation].includes(planned.operation),
    )
    if (hit) hit.left--
    return hit?.fault
  }
}

/** The error a fault makes, as the service in question words it. */
export function faultError(fault: FaultKind, service: string): AwsFault | undefined {
  if (fault.kind === 'throttle')
    return new AwsFault('ThrottlingException', 'Rate exceeded', 400, fault.retryAfterSeconds)
  if (fault.kind === 'conflict')
    return service === 'autoscaling'
      ? new AwsFault('ConcurrentUpdateException', 'You already have a pending update', 500)
      : new AwsFault('ConflictException', 'Another update of the resource is under way', 400)
  if (fault.kind === 'server-error')
    return new AwsFault('InternalFailure', 'The service is not well', 500)
  return undefined
}
