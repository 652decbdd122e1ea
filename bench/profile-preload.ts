// `bun --preload` this: the runtime's own --cpu-prof sees the main thread only, so every worker thread is
// started with a profiler of its own (profile-thread.ts) that is told the thread's name.
import { basename, join } from 'node:path'

const Plain = globalThis.Worker

globalThis.Worker = class extends Plain {
  constructor(url: string | URL, options: WorkerOptions = {}) {
    const name = options.name ?? basename(String(url)).replace(/\.\w+$/, '')
    super(url, {
      ...options,
      preload: [join(import.meta.dir, 'profile-thread.ts')],
      env: { ...process.env, BENCH_PROFILE_THREAD: name },
    })
  }
}
