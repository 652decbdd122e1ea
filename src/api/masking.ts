// What may be hidden from a role, as the settings keep it.

/** What is hidden, and how much of it. */
export interface Masking {
  /** Digits of a number that stay: the first and the last so many; undefined = numbers are shown. */
  readonly numbers: { readonly keepFirst: number; readonly keepLast: number } | undefined
  /** `keep-sdp`: bodies are blanked but for SDP. `blank`: all of them. */
  readonly bodies: 'show' | 'keep-sdp' | 'blank'
  /** Headers whose values are blanked, lower case. */
  readonly headers: readonly string[]
}
