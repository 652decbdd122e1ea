// The thread that merges. There is one only while partitions are due: its heap, which holds tens of
// megabytes of open calls, goes with it. Merging is in no hurry, so it runs at the lowest priority, takes
// what CPU the others leave, and waits altogether while the writer is behind (merge-keeper.ts).
import { statfsSync } from 'node:fs'
import { setPriority } from 'node:os'
import { describeError } from '../postgres/sql-state.ts'
import { MERGE_MEMORY_BYTES, mergeCalls } from './merge-calls.ts'
import type { FromMerger, MergeJob, ToMerger } from './merge-messages.ts'

/** Linux takes this for the calling thread alone; elsewhere it would be the whole process. */
const NICE = 19
if (process.platform === 'linux') setPriority(NICE)

declare const self: Worker & { postMessage(message: FromMerger): void }

const stopping = new AbortController()
let isHeld = false

self.onmessage = ({ data }: MessageEvent<ToMerger>) => {
  switch (data.kind) {
    case 'start':
      void mergeAll(data.job).then(
        () => self.postMessage({ kind: 'ended', error: undefined }),
        (error) => self.postMessage({ kind: 'ended', error: describeError(error) }),
      )
      break
    case 'hold':
      isHeld = data.isHeld
      break
    case 'stop':
      stopping.abort(new Error('merging is stopped'))
      break
  }
}

async function mergeAll({ url, directory, afterMs, share }: MergeJob): Promise<void> {
  const pace = { share, memoryBytes: MERGE_MEMORY_BYTES, signal: stopping.signal }
  const freeBytes = () => freeIn(directory)
  for (;;) {
    const options = { ...pace, isHeld: () => isHeld, afterMs, freeBytes }
    const partition = await mergeCalls(url, options)
    if (partition === undefined) return
    self.postMessage({ kind: 'merged', partition })
  }
}

function freeIn(directory: string | undefined): number | undefined {
  if (directory === undefined) return undefined
  const { bavail, bsize } = statfsSync(directory)
  return bavail * bsize
}
