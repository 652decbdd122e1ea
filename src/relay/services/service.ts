// What a service over HTTP is: how a frame is written for it, how many are put together, and what its
// answers say. service-outlet.ts does for all of them what they share: bounding, posting, splitting,
// waiting and counting.
import type { DescribedFrame } from './described-frame.ts'

/** A frame, ready to be put together with others. */
export interface Item {
  /** Which frame of the parcel. */
  readonly index: number
  readonly text: string
  /** Items with the same are put together (Loki's streams). */
  readonly group?: string
}

/** What an answer says of the items that were posted. */
export type Judgement =
  | {
      readonly kind: 'taken'
      /** Single items that will never be taken; the rest were. */
      readonly rejected?: readonly Rejected[]
      /** The first item that has to be sent again, with all behind it. */
      readonly againFrom?: { readonly index: number; readonly why: string }
    }
  /** Too much at once, or something among them is wrong: halves will tell. */
  | { readonly kind: 'split'; readonly why: string }
  /** Nobody may say that they were taken; later. */
  | { readonly kind: 'wait'; readonly why: string; readonly waitMs: number }

export interface Rejected {
  readonly index: number
  readonly why: string
}

export interface Service {
  /** Behind the target's address, with its query. */
  readonly path: string
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  write(frame: DescribedFrame, index: number): Item
  join(items: readonly Item[]): string
  /** Reads an answer. @default judgeStatus */
  judge?(answer: Answer, items: readonly Item[]): Judgement
}

export interface Answer {
  readonly status: number
  readonly text: string
  readonly retryAfterMs: number
}

/** Only a person can mend these: asked again, but seldom. */
const PERSON_MS = 5_000

/** What a status alone says. */
export function judgeStatus({ status, text, retryAfterMs }: Answer): Judgement {
  const why = said(status, text)
  if (status >= 200 && status < 300) return { kind: 'taken' }
  if (status === 413 || status === 400 || status === 422) return { kind: 'split', why }
  const isTheirs = status === 429 || status === 408 || status >= 500
  return { kind: 'wait', why, waitMs: retryAfterMs || (isTheirs ? 0 : PERSON_MS) }
}

/** Nothing is to be given up for what a person forgot to set. */
export const waitForPerson = ({ status, text }: Answer): Judgement => ({
  ...{ kind: 'wait', why: said(status, text), waitMs: PERSON_MS },
})

const SAID_CHARS_MAX = 200

const said = (status: number, text: string): string =>
  `${status} ${messageIn(text).replace(/\s+/g, ' ').slice(0, SAID_CHARS_MAX)}`.trim()

/** Most wrap it in JSON, as `error` or `message`. */
function messageIn(text: string): string {
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown }
    return [error, message].find((each) => typeof each === 'string') ?? text
  } catch {
    return text
  }
}
