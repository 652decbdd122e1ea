// The live stream: calls as they are stored, as Server-Sent Events.
//
//   retry: 2000                       reconnect after 2 s
//   event: call     data: CallRow
//   event: skipped  data: {"count"}   the watcher or the store fell behind by so many
//   : still here                      a comment when nothing happened for a while
//   event: end      data: {"reason"}  the server is going; nothing else ends a stream without an error
//   event: error    data: ErrorBody   the store failed under way
//
// A `q` that does not parse is an ordinary 400: the store says so before it waits for anything.
import type { TailEvent } from '#contract'
import { log } from '#log'
import { ApiError, explainError } from '../errors.ts'
import type { Reply } from '../http/reply.ts'
import type { RequestContext } from '../http/route.ts'
import { LiveQueue } from './live-queue.ts'

const STREAMS_MAX = 200
const HEARTBEAT_MS = 15_000
// How long a mistake in `q` may take to show before the stream is opened.
const FIRST_LOOK_MS = 25

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would hold the events back to fill a buffer.
  'x-accel-buffering': 'no',
}

interface Stream {
  readonly queue: LiveQueue
  readonly stop: AbortController
  last: string | undefined
}

/** Every live stream of one server. */
export class LiveStreams {
  readonly #open = new Set<Stream>()
  readonly #heartbeatMs: number
  #closed = false

  constructor(heartbeatMs = HEARTBEAT_MS) {
    this.#heartbeatMs = heartbeatMs
  }

  get size(): number {
    return this.#open.size
  }

  async watch(q: string, { request, store, keepOpen }: RequestContext): Promise<Reply> {
    if (request.method === 'HEAD') return { kind: 'body', body: null, headers: HEADERS }
    if (this.#open.size >= STREAMS_MAX)
      throw new ApiError(
        'too_many_streams',
        `${STREAMS_MAX} live streams are open on this node, which is the limit.`,
        'Close one, or watch another node.',
      )
    // One signal for both ends: the watcher leaves (stop, request) or the store is told to (shutdown).
    const stop = new AbortController()
    const events = store.tail(q, AbortSignal.any([stop.signal, keepOpen()]))
    const iterator = events[Symbol.asyncIterator]()
    const first = iterator.next()
    await Promise.race([first, Bun.sleep(FIRST_LOOK_MS)])
    const stream: Stream = { queue: new LiveQueue(), stop, last: undefined }
    this.#open.add(stream)
    if (this.#closed) finish(stream, GOODBYE)
    // Not awaited: it runs as long as the stream does and never rejects.
    void this.#fill(stream, iterator, first)
    return { kind: 'body', body: this.#body(stream), headers: HEADERS }
  }

  /** Tells every watcher that the server is going, and lets them go. */
  close(): void {
    this.#closed = true
    for (const stream of this.#open) finish(stream, GOODBYE)
  }

  // Reads the store to the end, whatever the watcher does; the queue is what gives way.
  async #fill(
    stream: Stream,
    iterator: AsyncIterator<TailEvent>,
    first: Promise<IteratorResult<TailEvent>>,
  ): Promise<void> {
    try {
      for (let next = await first; !next.done; next = await iterator.next())
        stream.queue.push(next.value)
      finish(stream, sse('end', { reason: 'store' }))
    } catch (error) {
      // What a store throws on being stopped is no fault of it.
      if (stream.stop.signal.aborted) return
      const explained = explainError(error, (id, cause) =>
        log.error({ room: 'api', id, err: cause }, 'live stream failed'),
      )
      finish(stream, sse('error', explained.body()))
    }
  }

  #body(stream: Stream): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder()
    const release = () => {
      this.#open.delete(stream)
      stream.stop.abort()
    }
    return new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode('retry: 2000\n\n')),
      pull: async (controller) => {
        await (stream.last ? undefined : stream.queue.wait(this.#heartbeatMs))
        // All that waits goes as one chunk: a burst is one write, not a thousand.
        const events = stream.queue.take().map(eventText).join('')
        controller.enqueue(encoder.encode((events || ': still here\n\n') + (stream.last ?? '')))
        // Goodbye, or the reason why not, was the last thing in that chunk.
        if (!stream.last) return
        release()
        controller.close()
      },
      cancel: release,
    })
  }
}

function finish(stream: Stream, last: string): void {
  stream.last ??= last
  stream.queue.wake()
}

const eventText = (event: TailEvent): string =>
  event.kind === 'call' ? sse('call', event.call) : sse('skipped', { count: event.count })

// JSON has no raw line breaks, so one data line always does.
const sse = (event: string, data: unknown): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`

const GOODBYE = sse('end', { reason: 'shutdown' })
