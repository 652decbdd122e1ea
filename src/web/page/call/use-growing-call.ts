// A call that is looked at while it goes on: asked for again, often while something comes, ever less
// often while nothing does. Asked for, not streamed: a browser holds six connections to one server, and
// an engineer has more calls open than that.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CallDetail, CallMessage } from '#contract'
import { changeQuery } from '../shell/address.ts'
import { fetchJson } from '../shell/fetch-json.ts'
import { type Asked, useAnswer } from '../shell/use-answer.ts'
import type { ViewState } from './view-state.ts'

const WAIT_MS_MIN = 2_000
const WAIT_MS_MAX = 60_000
const SLOWER = 1.5
/** A call of thousands of messages takes a while to read: no more than a tenth of the time goes there. */
const REST_PER_WORK = 10

/** The call as it is stored by now; what is chosen stays chosen when messages come before it. */
export function useGrowingCall(path: string, view: ViewState): Asked<CallDetail> {
  const asked = useAnswer<CallDetail>(path)
  const [newer, setNewer] = useState<{ readonly path: string; readonly call: CallDetail }>()
  const value = newer?.path === path ? newer.call : asked.value
  const latest = useRef({ value, view })
  latest.current = { value, view }
  // One that is not stored yet may be in a moment.
  const mayGrow = value !== undefined || asked.failure?.code === 'call_not_found'
  useEffect(() => {
    if (!mayGrow) return
    return askAgain<CallDetail>(path, (call) => {
      const { value: before, view } = latest.current
      if (before && isSame(before, call)) return false
      if (before) keepChosen(before, call, view)
      setNewer({ path, call })
      return true
    })
  }, [path, mayGrow])
  return { value, failure: value ? undefined : asked.failure, loading: asked.loading }
}

/** Until the returned function is called. `take` says whether the answer was a new one. */
function askAgain<Value>(path: string, take: (value: Value) => boolean): () => void {
  const stop = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  let waitMs = WAIT_MS_MIN
  const plan = (inMs: number) => {
    clearTimeout(timer)
    if (!stop.signal.aborted) timer = setTimeout(() => document.hidden || void look(), inMs)
  }
  const look = async () => {
    const begunMs = performance.now()
    const answer = await fetchJson<Value>(path, stop.signal)
    if (answer.kind === 'aborted') return
    const isNew = answer.kind === 'value' && take(answer.value)
    waitMs = isNew ? WAIT_MS_MIN : Math.min(WAIT_MS_MAX, waitMs * SLOWER)
    plan(Math.max(waitMs, REST_PER_WORK * (performance.now() - begunMs)))
  }
  // Nobody asks for a tab that nobody sees; whoever comes back to it sees what is new at once.
  const wake = () => document.hidden || plan(0)
  document.addEventListener('visibilitychange', wake)
  plan(waitMs)
  return () => {
    stop.abort()
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', wake)
  }
}

/** Messages are only ever added, to the call or to what taps saw of them. */
const isSame = (one: CallDetail, other: CallDetail): boolean => extentOf(one) === extentOf(other)

const extentOf = ({ verdict, summary, legs, messages, messagesOmitted, missing }: CallDetail) =>
  JSON.stringify([
    ...[verdict, summary, legs, missing, messagesOmitted, messages.length],
    messages.reduce((sum, { taps }) => sum + taps.length, 0),
  ])

// The address names messages by their place, and a leg that joins later moves those behind it.
function keepChosen(before: CallDetail, after: CallDetail, { message, diff }: ViewState): void {
  const moved = (at: number) => placeOf(before.messages[at], after)?.toString()
  if (message !== undefined) changeQuery({ message: moved(message) }, 'replace')
  if (diff !== undefined) changeQuery({ diff: moved(diff) }, 'replace')
}

/** Where a message is now: of those with its text the nearest in time, as repeats have one text. */
export function placeOf(
  sought: CallMessage | undefined,
  { messages }: Pick<CallDetail, 'messages'>,
): number | undefined {
  if (!sought) return undefined
  const soughtMs = Date.parse(sought.at)
  const found = messages
    .map((message, place) => ({ message, place }))
    .filter(
      ({ message: { raw, callId, src, dst } }) =>
        raw === sought.raw &&
        callId === sought.callId &&
        src.ip === sought.src.ip &&
        dst.ip === sought.dst.ip,
    )
    .map(({ message, place }) => ({ place, awayMs: Math.abs(Date.parse(message.at) - soughtMs) }))
  return found.toSorted((one, other) => one.awayMs - other.awayMs)[0]?.place
}
