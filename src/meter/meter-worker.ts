// The meter's thread. It gives way to all others: packets wait for nobody, the database is more urgent, and
// counts may be a moment late.
import { setPriority } from 'node:os'
import { Meter } from './meter.ts'
import type { FromMeter, ToMeter } from './worker-messages.ts'

/** Linux takes this for the calling thread alone; elsewhere it would be the whole process. */
const NICE = 15
if (process.platform === 'linux') setPriority(NICE)

declare const self: Worker & { postMessage(message: FromMeter): void }

const stopping = new AbortController()
let opening: Promise<Meter> | undefined

self.onmessage = ({ data }: MessageEvent<ToMeter>) => {
  // Thrown into the thread's event loop: the main thread sees it and starts another one.
  void hear(data).catch((error) => reportError(error))
}

async function hear(message: ToMeter): Promise<void> {
  if (message.kind === 'start') {
    opening = Meter.open(message.options)
    await (await opening).run(stopping.signal)
    self.postMessage({ kind: 'stopped' })
    return
  }
  const meter = await opening!
  switch (message.kind) {
    case 'print':
      self.postMessage({ kind: 'printed', tables: meter.print() })
      break
    case 'targets':
      meter.setTargets(message.targets)
      break
    case 'filter':
      self.postMessage({ kind: 'filter', fault: await faultOf(meter.setFilter(message.filter)) })
      break
    case 'stop':
      stopping.abort()
      break
  }
}

const faultOf = (taken: Promise<void>): Promise<string | undefined> =>
  taken.then(
    () => undefined,
    (error: Error) => error.message,
  )
