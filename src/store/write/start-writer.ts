// Starts the writer of the calls layout in its thread.
import type { WriterOptions } from './writer.ts'
import { type RunningWriter, startWriterThread } from './writer-thread.ts'

/** Starts the writer's thread. */
export function startWriter(options: WriterOptions): RunningWriter {
  return startWriterThread(
    options,
    () => new Worker(new URL('./writer-worker.ts', import.meta.url), { name: 'writer' }),
  )
}
