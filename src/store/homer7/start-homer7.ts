// Starts the writer of the homer7 layout in its thread.
import { type RunningWriter, startWriterThread } from '../write/writer-thread.ts'
import type { Homer7Options } from './homer7-writer.ts'

/** Starts the writer's thread. */
export function startHomer7(options: Homer7Options): RunningWriter {
  return startWriterThread(
    options,
    () => new Worker(new URL('./homer7-worker.ts', import.meta.url), { name: 'homer7' }),
  )
}
