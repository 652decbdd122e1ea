// `npm run demo:fleet`: a fleet of real capture nodes on this machine, scaled up and down by the policy
// that is simulated and deployed, with the clock running sixty times faster.
//
//   sender ──many flows──▶ balancer ──▶ capture-1, capture-2 …  ──▶ PostgreSQL ──▶ serve (screen)
//                             ▲              │ /metrics
//                             └── driver ◀───┴─▶ decide(policy, …)
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decide, ECS_ENGINE } from '#fleet'
import { startEmbedded } from '#store'
import { temporaryDirectory } from '../../test/program.ts'
import { accountText } from './account.ts'
import { type DemoGraph, drawRun } from './demo-graph.ts'
import { photographFleet } from './demo-photo.ts'
import { demoPolicy } from './demo-policy.ts'
import { openScreen } from './demo-screen.ts'
import { demoShape, following } from './load-shape.ts'
import { distanceOf, distanceText, predict } from './prediction.ts'
import { runFleet } from './run-fleet.ts'

const USAGE = `npm run demo:fleet -- [--seconds 90] [--peak 9000] [--base 800] [--node-packets 2500]
  [--nodes-max 5] [--flows 64] [--reclaim-at S] [--kill-at S] [--out DIR] [--relay] [--docs] [--stay]

  --peak, --base    packets per second at the top and at the bottom of the load
  --node-packets    what the policy lets one node carry
  --flows           UDP flows of the senders; each is opened anew every three seconds
  --relay           two senders of one flow each, and calliope relay beside them that makes --flows of it
  --reclaim-at S    a node is taken back (SIGTERM) after S seconds; --kill-at S: kill -9
  --out DIR         where the graph goes (fleet.svg) and the nodes keep their data
  --docs            also writes docs/images/fleet.svg and a picture of the page, fleet.png
  --stay            afterwards keep screen and nodes until Ctrl-C`

const OPTIONS = {
  seconds: { type: 'string', default: '90' },
  peak: { type: 'string', default: '9000' },
  base: { type: 'string', default: '800' },
  'node-packets': { type: 'string', default: '2500' },
  'nodes-max': { type: 'string', default: '5' },
  flows: { type: 'string', default: '64' },
  'reclaim-at': { type: 'string' },
  'kill-at': { type: 'string' },
  out: { type: 'string' },
  relay: { type: 'boolean', default: false },
  docs: { type: 'boolean', default: false },
  stay: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const

const TIMES_FASTER = 60
/** 128 + SIGINT, as shells say it. */
const EXIT_INTERRUPTED = 130
const LATE_MS = 1_500
/** As `calliope relay` opens its flows anew; the timings AWS publishes. */
const PACE = { engine: ECS_ENGINE, timesFaster: TIMES_FASTER, flowMs: 3_000 }
/** When the fleet is at its largest. */
const PHOTO_AT = 0.58
const IMAGES = join(import.meta.dir, '../../docs/images')

async function demo(): Promise<number> {
  const { values } = readFlags()
  if (values.help) {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  const number = (name: 'seconds' | 'peak' | 'base' | 'node-packets' | 'nodes-max' | 'flows') =>
    positive(name, values[name])
  const [seconds, packetsPerNode] = [number('seconds'), number('node-packets')]
  const flows = number('flows')
  const shape = demoShape(seconds, number('base'), number('peak'))
  const policy = demoPolicy({ nodesMin: 1, nodesMax: number('nodes-max'), packetsPerNode })
  const reclaimAt = optional('reclaim-at', values['reclaim-at'])
  const killAt = optional('kill-at', values['kill-at'])
  await using stack = new AsyncDisposableStack()
  const directory = values.out ?? stack.use(disposable(temporaryDirectory('calliope-fleet-'))).path
  const heedless = endOnSignal(stack, values.out === undefined ? directory : undefined)
  mkdirSync(directory, { recursive: true })
  const server = await startEmbedded({
    directory: join(directory, `postgres-${process.pid}`),
    settings: { max_connections: '200' }, // twelve a node
  })
  stack.defer(() => server.stop())
  const draw = openScreen({ seconds, timesFaster: TIMES_FASTER, packetsPerNode })
  let photo: Promise<void> | undefined
  const policyFile = join(directory, 'policy.json')
  writeFileSync(policyFile, JSON.stringify(policy, null, 2))
  const result = await runFleet(
    {
      ...{ directory, databaseUrl: server.url, policy, decide, flows, ...PACE },
      load: following(shape),
      withRelay: values.relay,
      ...{ reclaimAt, killAt },
      serveFlags: ['--fleet-policy', policyFile],
      onTick: (view) => {
        draw(view)
        if (values.docs && !photo && view.seconds > PHOTO_AT * seconds)
          photo = photographFleet(view.url, join(IMAGES, 'fleet.png'))
      },
    },
    stack,
  )
  await photo
  const { bootSeconds } = result
  const isUndisturbed = reclaimAt === undefined && killAt === undefined
  const prediction = isUndisturbed
    ? predict({ ...{ policy, shape, flows, bootSeconds }, ...PACE })
    : undefined
  const code = report({ result, packetsPerNode, prediction }, [
    join(directory, 'fleet.svg'),
    ...(values.docs ? [join(IMAGES, 'fleet.svg')] : []),
  ])
  heedless()
  if (values.stay) await interrupted()
  return code
}

function report(run: DemoGraph, files: readonly string[]): number {
  const { result, prediction } = run
  const { account, exitCodes } = result
  const graph = drawRun(run)
  for (const file of files) writeFileSync(file, graph)
  const isWhole = account.unexplained === 0 && account.pending === 0
  const unclean = exitCodes.filter((code) => code !== 0).length
  const lines = [
    `\n  ledger     ${accountText(account)}`,
    `  drains     ${exitCodes.length} nodes ended, ${unclean === 0 ? 'all with empty spools' : `${unclean} WITH PACKETS LEFT`}`,
    ...(prediction ? [`  forecast   ${distanceText(distanceOf(prediction, result.ticks))}`] : []),
    `  graph      ${files.join(', ')}`,
    isWhole ? '  balanced\n' : '  NOT BALANCED: see the ledger\n',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return isWhole && unclean === 0 ? 0 : 1
}

function readFlags() {
  try {
    return parseArgs({ args: process.argv.slice(2), options: OPTIONS })
  } catch (error) {
    return fail((error as Error).message)
  }
}

const optional = (name: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : positive(name, text)

function positive(name: string, text: string): number {
  const value = Number(text)
  return value > 0 && value < 1e9 ? value : fail(`--${name} is '${text}': give a number above 0`)
}

function fail(message: string): never {
  process.stderr.write(`${message}\n\n${USAGE}\n`)
  process.exit(2)
}

/** For a stack that awaits. */
const disposable = (directory: ReturnType<typeof temporaryDirectory>) => ({
  path: directory.path,
  [Symbol.asyncDispose]: async () => directory[Symbol.dispose](),
})

/** Ctrl-C leaves no processes and no files behind. */
function endOnSignal(stack: AsyncDisposableStack, directory: string | undefined): () => void {
  const end = () => {
    isEnding = true
    process.stdout.write('\n  ending …\n')
    void stack.disposeAsync().then(async () => {
      await Bun.sleep(LATE_MS) // what was just being started has written its first files and ended
      if (directory) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
      process.exit(EXIT_INTERRUPTED)
    })
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end)
  }
}

function interrupted(): Promise<void> {
  process.stdout.write('  the screen stays: Ctrl-C ends it\n')
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

// What is taken apart under a run that goes on makes it fail; then the signal's handler ends us.
let isEnding = false
const code = await demo().catch((error) => {
  if (isEnding) return new Promise<never>(() => {})
  throw error
})
process.exit(code)
