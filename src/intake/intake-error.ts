// What stops intake from starting. Once it runs, bad input and full disks are counted, never thrown.

export type IntakeErrorCode =
  | 'INTAKE_ADDRESS_IN_USE' // somebody else listens there
  | 'INTAKE_ADDRESS_UNUSABLE' // not an address of this machine, or a port we may not take
  | 'INTAKE_TLS_UNUSABLE' // certificate or key missing, unreadable or not belonging together
  | 'INTAKE_BAD_OPTION' // an option nothing can be built from
  | 'INTAKE_LANE_FAILED' // the spool lane did not open, or its thread died while starting

/** An error of starting intake: what, where, with which value, and what to do about it. */
export class IntakeError extends Error {
  readonly code: IntakeErrorCode

  constructor(code: IntakeErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'IntakeError'
    this.code = code
  }
}

const WHY: Readonly<Record<string, { code: IntakeErrorCode; said: string }>> = {
  EADDRINUSE: {
    code: 'INTAKE_ADDRESS_IN_USE',
    said: 'it is in use by another program; stop that one or choose another port with FLAG HOST:PORT',
  },
  EACCES: {
    code: 'INTAKE_ADDRESS_UNUSABLE',
    said: 'the system refused; ports below 1024 need the capability CAP_NET_BIND_SERVICE',
  },
  EADDRNOTAVAIL: {
    code: 'INTAKE_ADDRESS_UNUSABLE',
    said: 'it is not an address of this machine; 0.0.0.0 and :: listen on all of them',
  },
}

/** Explains why listening failed, naming the flag-like transport and the address. */
export function cannotListen(transport: string, address: string, cause: unknown): IntakeError {
  const flag = `--hep-${transport === 'WebSocket' ? 'ws' : transport.toLowerCase()}`
  const systemCode = (cause as { code?: string } | undefined)?.code ?? ''
  const why = WHY[systemCode] ?? {
    code: 'INTAKE_ADDRESS_UNUSABLE' as const,
    said: String((cause as Error | undefined)?.message ?? cause),
  }
  return new IntakeError(
    why.code,
    `Cannot listen for HEP over ${transport} on ${address}: ${why.said.replace('FLAG', flag)}`,
    cause,
  )
}
