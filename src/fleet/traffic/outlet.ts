// One sender: a socket of its own towards the capture server. send-udp.ts, send-stream.ts,
// send-websocket.ts and send-http.ts each make one.

/** Where the frames go. */
export interface SendTarget {
  readonly host: string
  readonly port: number
  /** Path of the WebSocket or HTTP endpoint. @default '/' over WebSocket, '/hep' over HTTP */
  readonly path?: string
}

export interface OutletOptions {
  readonly to: SendTarget
  readonly tally: SendTally
  /** Trusted certificate authority, PEM; and whether to check the server's certificate at all. */
  readonly tls?: { readonly ca?: string; readonly verify?: boolean }
}

export interface Outlet {
  /**
   * Takes the frames; a promise means that the sender must wait, because the other side is slow.
   * The frames may be changed again once it has returned, or the promise has settled.
   */
  send(frames: readonly Buffer[]): Promise<void> | undefined
  /** Waits until what was taken is sent, but not longer than `waitMs`. Safe to call twice. */
  close(waitMs: number): Promise<void>
}

/** What came of the sending, over all senders. */
export class SendTally {
  acknowledged = 0
  errors = 0
  lastError = ''

  fail(what: string): void {
    this.errors++
    this.lastError = what
  }
}

export const targetText = ({ host, port }: SendTarget): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** The first attempt to connect failed: nothing was sent. */
export const cannotConnect = (transport: string, to: SendTarget, cause: unknown): Error =>
  Object.assign(
    new Error(
      `cannot connect to ${transport} ${targetText(to)}: ${reasonOf(cause)}; ` +
        'is the capture server running there, with this transport switched on?',
      { cause },
    ),
    { code: 'LOAD_CANNOT_CONNECT' },
  )

export const reasonOf = (error: unknown): string =>
  error instanceof Error ? ((error as { code?: string }).code ?? error.message) : String(error)

/** Resolves when `work` does, or after `waitMs`; false then. */
export async function within(waitMs: number, work: Promise<unknown>): Promise<boolean> {
  let timer: Timer | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), waitMs)
  })
  const done = work.then(() => true as const)
  return Promise.race([done, late]).finally(() => clearTimeout(timer))
}
