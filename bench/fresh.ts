// From nothing to the first call on screen, as a newcomer does it: clone, `npm start` (which installs what
// is missing), one call sent to it, until the API that the screen asks shows it. npm's cache is as it is
// on this machine, so a slow network is not part of it.
import { join } from 'node:path'
import type { CallPage } from '#contract'
import { temporaryDirectory, until } from '../test/program.ts'
import type { BenchOptions } from './options.ts'
import { progress, publish, warn } from './report.ts'
import { table } from './table.ts'
import { verdictOn } from './targets.ts'

const READY_MS_MAX = 120_000

export async function fresh(options: BenchOptions): Promise<void> {
  if (options.isQuick)
    return warn('fresh: cloning and installing takes longer than a quick look may')
  using directory = temporaryDirectory('calliope-fresh-')
  const clone = join(directory.path, 'calliope')
  const beganMs = performance.now()
  const seconds = () => (performance.now() - beganMs) / 1_000
  const source = join(import.meta.dir, '..')
  run(['git', 'clone', '-q', '--no-hardlinks', source, clone], directory.path)
  const clonedS = seconds()
  progress('cloned; npm start')
  const [http, udp] = [await freePort(), await freePort()]
  const addresses = [
    '--http',
    `127.0.0.1:${http}`,
    '--hep-udp',
    `127.0.0.1:${udp}`,
    '--hep-tcp',
    '127.0.0.1:0',
  ]
  const program = Bun.spawn(
    ['npm', 'start', '--', '--data-dir', join(directory.path, 'data'), ...addresses],
    {
      ...{ cwd: clone, stdout: 'ignore', stderr: 'ignore', stdin: 'ignore' },
      detached: true, // npm hands no signal on, so the whole group is ended
    },
  )
  try {
    const get = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${http}${path}`)
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
      return answer
    }
    await until(
      () => get('/readyz'),
      ({ ok }) => ok,
      READY_MS_MAX,
    )
    const readyS = seconds()
    await (await get('/')).text()
    run(
      [
        'npm',
        'run',
        '-s',
        'calliope',
        '--',
        'load',
        '--to',
        `127.0.0.1:${udp}`,
        '--mix',
        'calls',
        '--count',
        '7',
      ],
      clone,
    )
    await until(
      async () => (await (await get('/api/v1/calls')).json()) as CallPage,
      ({ calls }) => calls.length > 0,
    )
    const figure = { value: Math.round(seconds() * 10) / 10, how: "npm's cache as it is" }
    const rows = [
      ['cloned', `${clonedS.toFixed(1)} s`],
      ['installed and ready', `${readyS.toFixed(1)} s`],
      ['first call in the list the screen asks for', `${figure.value} s`],
      ['target', verdictOn('fresh', figure)],
    ]
    publish('fresh', table(['what', 'after'], rows), options, { fresh: figure })
  } finally {
    process.kill(-program.pid, 'SIGTERM')
    await program.exited
    await Bun.sleep(2_000) // the database behind npm and node closes its files
  }
}

function run(command: string[], cwd: string): void {
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd, stdout: 'ignore', stderr: 'pipe' })
  if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${stderr.toString()}`)
}

async function freePort(): Promise<number> {
  const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() })
  const { port } = server
  await server.stop(true)
  return port!
}
