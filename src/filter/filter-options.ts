// What an operator wants done to packets before anybody keeps them, as it can be sent to a thread.

/** All of it; what is not given is not done. */
export interface FilterOptions {
  /** CSeq methods whose messages are not kept. */
  readonly discardMethods?: readonly string[]
  /** CSeq methods whose bodies are overwritten with x. */
  readonly censorMethods?: readonly string[]
  /** The same payload again within so many milliseconds of packet time is not kept. @default 0 = it is */
  readonly dedupMs?: number
  /** Headers that name the other leg: 'X-CID', or 'X-CID,^(.+)_b2b' where group 1 is the id. */
  readonly alegIds?: readonly string[]
  /** Such a header counts more than the correlation id the agent sent. @default false */
  readonly forceAlegId?: boolean
  readonly scripts?: ScriptOptions
}

/** Scripts run over each packet of these types, in a sandbox, in order. */
export interface ScriptOptions {
  readonly files: readonly ScriptFile[]
  /** HEP protocol types. @default 1, 5, 100 */
  readonly protocolTypes?: readonly number[]
  /** Labels that SetLokiLabel may set. @default none */
  readonly lokiLabels?: readonly string[]
  /** Longest run over one packet. @default 5 */
  readonly runMsMax?: number
  /** Memory of all scripts together. @default 32 MiB */
  readonly memoryBytesMax?: number
}

/** JavaScript or TypeScript, by its name's ending. */
export interface ScriptFile {
  readonly name: string
  readonly text: string
}
