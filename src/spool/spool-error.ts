// What can go wrong with the spool as a whole. A single bad batch or a full disk is no error: those
// are counted and logged. These stop a start, or tell a sender that its frames are not safe.

export type SpoolErrorCode =
  | 'SPOOL_NEWER_FORMAT' // written by a later Calliope
  | 'SPOOL_UNREADABLE' // spool.json is damaged, or the directory cannot be used
  | 'SPOOL_IN_USE' // another process has it open
  | 'SPOOL_BAD_OPTION' // an option no spool can work with
  | 'SPOOL_NOT_SAFE' // frames asked to be synced did not reach the disk

/** An operating error of the spool; `retryable` says whether trying again can help. */
export class SpoolError extends Error {
  readonly code: SpoolErrorCode
  readonly retryable: boolean

  constructor(code: SpoolErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'SpoolError'
    this.code = code
    this.retryable = code === 'SPOOL_NOT_SAFE'
  }
}
