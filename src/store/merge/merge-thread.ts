// The main thread's side of one merging thread: from its start until its memory has gone back.
import type { MergedPartition } from './merge-calls.ts'
import type { FromMerger, MergeJob, ToMerger } from './merge-messages.ts'

/** To drop its half-made table and close its connection. What it leaves is dropped by the next. */
const STOP_MS_MAX = 5_000
const LOOK_MS = 500

export interface MergeWatch {
  /** Whether it is to wait: asked again and again. */
  readonly mustHold: () => boolean
  readonly onMerged: (partition: MergedPartition) => void
  readonly signal: AbortSignal
}

/** Merges what is due in a thread of its own; throws what kept it from doing so. */
export async function mergeInThread(job: MergeJob, watch: MergeWatch): Promise<void> {
  const worker = new Worker(new URL('./merge-worker.ts', import.meta.url), {
    ...{ name: 'merge', smol: true },
  })
  const ended = Promise.withResolvers<void>()
  const send = (message: ToMerger) => worker.postMessage(message)
  let givingUp: Timer | undefined
  const stop = () => {
    send({ kind: 'stop' })
    givingUp = setTimeout(ended.resolve, STOP_MS_MAX)
  }
  worker.onmessage = ({ data }: MessageEvent<FromMerger>) => {
    if (data.kind === 'merged') watch.onMerged(data.partition)
    else if (data.error === undefined) ended.resolve()
    else ended.reject(new Error(data.error))
  }
  worker.onerror = (event) => {
    event.preventDefault()
    ended.reject(new Error(event.message))
  }
  const holding = setInterval(() => send({ kind: 'hold', isHeld: watch.mustHold() }), LOOK_MS)
  watch.signal.addEventListener('abort', stop)
  try {
    send({ kind: 'start', job })
    await ended.promise
  } finally {
    clearInterval(holding)
    clearTimeout(givingUp)
    watch.signal.removeEventListener('abort', stop)
    worker.terminate()
  }
}
