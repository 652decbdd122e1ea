// A writer's end of its thread. Decoding, compressing and feeding COPY take its time, and the main thread's
// HTTP and lifecycle are not to wait for that. It steps back behind the intake's threads as well: on a
// busy machine the spool waits for us, and a datagram waits for nobody.
import { setPriority } from 'node:os'
import type { FilterOptions } from '#filter'
import type { FromWriter, ToWriter } from './worker-messages.ts'

/** Linux takes this for the calling thread alone; elsewhere it would be the whole process. */
const NICE = 10

declare const self: Worker & { postMessage(message: FromWriter): void }

/** What a thread can run: the writer of a layout. */
interface ThreadedWriter {
  run(signal: AbortSignal): Promise<void>
  drain(): Promise<void>
  countLeft(): Promise<number>
  setFilter(options: FilterOptions): Promise<void>
}

/** Runs in this thread what `make` makes, and does as the main thread says. */
export function serveWriter<Options>(
  make: (options: Options, onTrouble: (why: string) => void) => ThreadedWriter,
): void {
  if (process.platform === 'linux') setPriority(NICE)
  const stopping = new AbortController()
  let writer: ThreadedWriter | undefined
  self.onmessage = ({ data }: MessageEvent<ToWriter<Options>>) => {
    switch (data.kind) {
      case 'start':
        writer = make(data.options, (why) => self.postMessage({ kind: 'trouble', why }))
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
      case 'filter':
        void writer?.setFilter(data.filter).catch((error) => reportError(error))
        break
      case 'stop':
        stopping.abort()
        break
    }
  }
}
