// Where a spool is handed over to: a bucket or a directory, as little of either as we need. Nothing
// here relies on more than that an object is there whole or not at all, and that it can be read as soon
// as `put` has returned (S3 has promised both since 2020, a rename on a file system always did).

/** Object storage, or a directory that behaves like it. */
export interface HandOverPlace {
  /** For people: 's3://bucket/prefix', '/mnt/efs/calliope'. */
  readonly name: string
  /** Stores an object whole, replacing one of the same key; `signal` ends trying. */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>
  /** Undefined when there is none. */
  get(key: string, signal?: AbortSignal): Promise<Buffer | undefined>
  /** Keys that begin with the prefix, in order. */
  list(prefix: string): Promise<readonly string[]>
  /** An object that is not there is no error. */
  remove(key: string): Promise<void>
}

/** The place refused or did not answer; the message says what to do about it. */
export class PlaceError extends Error {
  readonly code = 'HANDOVER_PLACE'
  readonly retryable: boolean

  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'PlaceError'
    this.retryable = retryable
  }
}

/** Keys of one listing; nobody has so many hand-overs waiting, and memory has an end. */
export const LIST_MAX = 10_000
