// Reads Server-Sent Events (HTML Living Standard §9.2.6): `event` and `data` lines up to a blank one.
// Comments, ids and reconnection times are passed over.

/** One event; `event` is 'message' when the stream names none. */
export interface ServerSentEvent {
  readonly event: string
  readonly data: string
}

// A CallRow is below a kilobyte; whoever sends more in one event is not ours.
const EVENT_CHARS_MAX = 1_000_000

/** The events of a stream, until it ends. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void, void> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true })
    const blocks = pending.split(/\r?\n\r?\n/)
    pending = blocks.pop() ?? ''
    if (pending.length > EVENT_CHARS_MAX) throw new Error('the event stream has no event in it')
    for (const block of blocks) {
      const event = readBlock(block)
      if (event) yield event
    }
  }
}

function readBlock(block: string): ServerSentEvent | undefined {
  const lines = block.split(/\r?\n/)
  const field = (name: string) =>
    lines
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
  const data = field('data')
  return data.length > 0
    ? { event: field('event').at(-1) ?? 'message', data: data.join('\n') }
    : undefined
}
