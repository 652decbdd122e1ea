// Threads ask the main thread, which alone can ask for secrets, over a channel of this process: they
// are told the URL as they were at their start, so they learn of a change when they are refused.
const CHANNEL = 'calliope: login of the database'

type Said =
  | {
      readonly kind: 'refused'
      readonly id: string
      readonly url: string
      readonly refused: string
    }
  | { readonly kind: 'answer'; readonly id: string; readonly renewed: string | undefined }

/** Answers what threads ask about `url`; returns the end of it. */
export function answerThreads(
  url: string,
  renew: (refused: string) => Promise<string | undefined>,
): () => void {
  const channel = openChannel()
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.kind !== 'refused' || data.url !== url) return
    void renew(data.refused).then((renewed) =>
      say(channel, { kind: 'answer', id: data.id, renewed }),
    )
  }
  return () => channel.close()
}

/** Asks the main thread; undefined when it knows nothing else, or does not answer in time. */
export async function askMainThread(
  url: string,
  refused: string,
  answerMsMax: number,
): Promise<string | undefined> {
  const channel = openChannel()
  const id = crypto.randomUUID()
  const answer = Promise.withResolvers<string | undefined>()
  channel.onmessage = ({ data }: MessageEvent<Said>) => {
    if (data.kind === 'answer' && data.id === id) answer.resolve(data.renewed)
  }
  const timer = setTimeout(() => answer.resolve(undefined), answerMsMax)
  say(channel, { kind: 'refused', id, url, refused })
  return await answer.promise.finally(() => {
    clearTimeout(timer)
    channel.close()
  })
}

const say = (channel: BroadcastChannel, message: Said): void => channel.postMessage(message)

// It keeps nobody alive who has nothing else to do.
function openChannel(): BroadcastChannel {
  const channel = new BroadcastChannel(CHANNEL)
  ;(channel as BroadcastChannel & { unref?: () => void }).unref?.()
  return channel
}
