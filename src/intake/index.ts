// Sockets to spool: startIntake for UDP and streams on threads of their own, createHttpIntake for
// POST /hep inside the API's server.
export type { AccessPolicy } from './admission.ts'
export type { AgentKey } from './agent-keys.ts'
export { BatchMemory } from './batch-memory.ts'
export type { FrameLog } from './frame-log.ts'
export {
  createFrameRetry,
  type FrameRetry,
  type RetriedFrame,
  type RetryOutcome,
} from './frame-retry.ts'
export type { HttpIntakeErrorCode } from './http-errors.ts'
export {
  createHttpIntake,
  type HttpIntake,
  type HttpIntakeOptions,
  type LaneProgress,
} from './http-intake.ts'
export {
  type Intake,
  type IntakeOptions,
  type IntakeStats,
  type LaneStats,
  startIntake,
} from './intake.ts'
export type { CounterName, CounterValues } from './intake-counters.ts'
export type { IntakeErrorCode } from './intake-error.ts'
export { issuedKeysMemory, writeIssuedKeys } from './issued-keys.ts'
export type { BoundAddresses, LaneStorage } from './lane-messages.ts'
export type { Address } from './listener.ts'
export { makeCertificate } from './make-certificate.ts'
export type { TlsFiles } from './tls-files.ts'
