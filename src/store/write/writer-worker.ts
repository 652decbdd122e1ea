// The writer's thread. Decoding, compressing and feeding COPY take its time, and the main thread's
// HTTP and lifecycle are not to wait for that.
import type { FromWriter, ToWriter } from './worker-messages.ts'
import { Writer } from './writer.ts'

declare const self: Worker & { postMessage(message: FromWriter): void }

const stopping = new AbortController()
let writer: Writer | undefined

self.onmessage = ({ data }: MessageEvent<ToWriter>) => {
  switch (data.kind) {
    case 'start':
      writer = new Writer(data.options)
      void writer.run(stopping.signal).then(
        () => self.postMessage({ kind: 'stopped' }),
        // Thrown into the thread's event loop: the main thread sees it and starts another one.
        (error) => reportError(error),
      )
      break
    case 'drain':
      void writer?.drain().then(() => self.postMessage({ kind: 'drained' }))
      break
    case 'countLeft':
      void writer?.countLeft().then((frames) => self.postMessage({ kind: 'left', frames }))
      break
    case 'stop':
      stopping.abort()
      break
  }
}
