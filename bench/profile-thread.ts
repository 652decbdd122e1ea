// Inside a worker thread: samples what it does for some seconds and writes the profile as a file.
// Timers of a flooded thread are late; the profile then simply ends later.
import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'

const {
  BENCH_PROFILE_AFTER_MS = '3000',
  BENCH_PROFILE_DIR,
  BENCH_PROFILE_THREAD = 'thread',
  BENCH_PROFILE_MS = '5000',
} = process.env
const INTERVAL_US = 500

function profile(directory: string): void {
  const session = new Session()
  session.connect()
  const post = (method: string, parameters = {}) =>
    new Promise<unknown>((resolve, reject) =>
      session.post(method, parameters, (error, result) =>
        error ? reject(error) : resolve(result),
      ),
    )
  setTimeout(async () => {
    await post('Profiler.enable')
    await post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
    await post('Profiler.start')
    setTimeout(async () => {
      const { profile } = (await post('Profiler.stop')) as { profile: unknown }
      mkdirSync(directory, { recursive: true })
      const file = `${BENCH_PROFILE_THREAD}-${threadId}.cpuprofile`
      writeFileSync(join(directory, file), JSON.stringify(profile))
    }, Number(BENCH_PROFILE_MS))
  }, Number(BENCH_PROFILE_AFTER_MS))
}

if (BENCH_PROFILE_DIR) profile(BENCH_PROFILE_DIR)
