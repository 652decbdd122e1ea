// Where the time goes, by thread: `capture` under load with a sampling profiler in every worker thread, and
// its top functions by self time. The profiles themselves stay out of the repository; --trial keeps them.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { startProgram, temporaryDirectory } from '../test/program.ts'
import { send } from './capture.ts'
import { startServer } from './database.ts'
import type { BenchOptions } from './options.ts'
import { progress, publish, warn } from './report.ts'
import { count, type Row, table } from './table.ts'

const RATE = 75_000
const PROFILE_MS = 8_000
const WARM_UP_MS = 3_000
const TOP = 20
const ROOT = join(import.meta.dir, '..')

/** The parts of a V8-style profile that are used here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples: readonly number[]
}

export async function profile(options: BenchOptions): Promise<void> {
  const { isQuick, traffic, offload, flags } = options
  const afterMs = isQuick ? 500 : WARM_UP_MS
  const profileMs = isQuick ? 300 : PROFILE_MS
  const rate = options.rate ?? RATE
  await using server = await startServer(options)
  using directory = temporaryDirectory('calliope-bench-')
  const database = await server.create('profile_bench')
  const profiles = join(directory.path, 'profiles')
  const program = await startProgram(
    ['--data-dir', directory.path, '--database', database, '--node', 'bench', ...flags],
    {
      command: 'capture',
      env: {
        BENCH_PROFILE_DIR: profiles,
        BENCH_PROFILE_MS: String(profileMs),
        BENCH_PROFILE_AFTER_MS: String(afterMs),
      },
      program: [
        process.execPath,
        '--preload',
        join(import.meta.dir, 'profile-preload.ts'),
        join(ROOT, 'src/main.ts'),
      ],
    },
  )
  try {
    progress(`${count(rate)}/s for a while`)
    const seconds = (afterMs + profileMs + 500) / 1_000
    const { port } = program.udp
    await send({ transport: 'udp', port, rate, seconds, senders: 1, traffic, offload })
    await Bun.sleep(1_000) // flooded threads write theirs now
    const parts = partsOf(profiles)
    if (parts.length === 0) warn('the worker threads wrote no profile')
    const body = `Top ${TOP} functions by self time under ${count(rate)} msg/s, ${traffic} calls, sampled every 0.5 ms for ${profileMs / 1_000} s in each busy thread; what waits is not sampled. "native" is the runtime's own code, system calls included.`
    publish('profile', [body, ...parts].join('\n\n'), options)
  } finally {
    await program.kill()
  }
}

function partsOf(directory: string): string[] {
  const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map(({ name }) => ({
      name: name.replace('.cpuprofile', ''),
      profile: JSON.parse(readFileSync(join(directory, name), 'utf8')) as CpuProfile,
    }))
    .filter(({ profile }) => profile.samples.length > 0)
    .sort((a, b) => b.profile.samples.length - a.profile.samples.length)
    .map(
      ({ name, profile }) =>
        `### ${name} (${count(profile.samples.length)} samples)\n\n${table(['self', 'function', 'where'], topOf(profile))}`,
    )
}

/** A function is its name and file, wherever it was called from. */
function topOf({ nodes, samples }: CpuProfile): Row[] {
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]))
  const self = new Map<string, number>()
  for (const id of samples) {
    const frame = byId.get(id)
    if (frame === undefined) continue
    const key = `${frame.functionName || '(anonymous)'}|${placeOf(frame.url)}`
    self.set(key, (self.get(key) ?? 0) + 1)
  }
  return [...self]
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP)
    .map(([key, times]) => {
      const [name, place] = key.split('|')
      return [`${((100 * times) / samples.length).toFixed(1)} %`, `\`${name}\``, place!]
    })
}

function placeOf(url: string): string {
  const path = url.replace(/^file:\/\//, '')
  if (path === '' || path.startsWith('[')) return 'native'
  return path.startsWith('/') ? relative(ROOT, path) : path
}
