// `calliope simulate`: scaling policies against traffic, in virtual time, before they are deployed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseFlags } from '#config'
import {
  experimentTables,
  namedTrace,
  type Policy,
  simulate as runSimulation,
  type SimulationResult,
  scaleTrace,
  simulationReport,
  summarise,
  type Trace,
  textTable,
  traceOfCsv,
  traceOfMinutes,
} from '#fleet'
import { type Command, CommandError, flagsOnly } from './command.ts'
import { loadPolicy, readPolicy } from './policy.ts'
import { clientFor } from './server-flags.ts'
import {
  assumptionsOf,
  engineOf,
  pricesOf,
  SIMULATE_FLAGS,
  type SimulateFlags,
  worldOf,
} from './simulate-flags.ts'

const PEAK = 120_000
const CSV_BYTES_MAX = 64 * 2 ** 20
const KPI_STEP_SECONDS = 60
/** What stands around the tables in the file that --write names. */
const MARKERS = ['<!-- simulate:experiments -->', '<!-- /simulate:experiments -->'] as const

/** `calliope simulate`: a table that compares policies; `--report` draws them. */
export const simulate: Command = {
  summary: 'try scaling policies against traffic in virtual time (docs/simulate.md)',
  usage:
    'simulate [--policy NAME|FILE]… [--plan FILE] [--trace NAME | --csv FILE | --url URL] [--senders N] [--relay] [--report FILE]',
  example:
    'calliope simulate --policy calliope --policy cpu-memory --trace flash-crowd --senders 2 --relay --report out.html',
  flags: SIMULATE_FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, SIMULATE_FLAGS)
    flagsOnly('simulate', positionals)
    if (flags.experiments) return experiments(flags)
    const policies = await policiesOf(flags, argv)
    const trace = await traceOf(flags)
    const world = worldOf(flags)
    const runs = policies.map((policy) => runsOf(policy, trace, flags))
    const parts = runs.map((results) => ({ summary: summarise(results), result: results[0]! }))
    if (flags.report) {
      const frame = { trace: trace(flags.seed), assumptions: assumptionsOf(world, flags.engine) }
      writeFileSync(flags.report, simulationReport(frame, parts))
    }
    // Awaited: it may be megabytes, and the program exits when we return.
    if (flags.json) await Bun.write(Bun.stdout, `${JSON.stringify(runs.flat())}\n`)
    else {
      const { about } = trace(flags.seed)
      const head = [`${flags.csv || flags.url || flags.trace}: ${about}.`]
      head.push(...assumptionsOf(world, flags.engine), '')
      process.stdout.write(
        `${head.join('\n')}\n${textTable(parts.map(({ summary }) => summary))}\n`,
      )
    }
    if (flags.report) process.stderr.write(`The report is in ${flags.report}\n`)
    return 0
  },
}

type TraceForSeed = (seed: number) => Trace

function runsOf(policy: Policy, trace: TraceForSeed, flags: SimulateFlags): SimulationResult[] {
  const parts = { policy, world: worldOf(flags), engine: engineOf(flags), prices: pricesOf(flags) }
  return Array.from({ length: flags.runs }, (_, i) => {
    const seed = flags.seed + i
    return runSimulation({ ...parts, trace: trace(seed), seed })
  })
}

/** Those named, and those read back from what is deployed; the default only when nothing is. */
async function policiesOf(flags: SimulateFlags, argv: readonly string[]): Promise<Policy[]> {
  const deployed = [
    flags.plan && { 'from-plan': flags.plan, 'from-helm': '' },
    flags.manifests && { 'from-plan': '', 'from-helm': flags.manifests },
  ].filter((source) => typeof source === 'object')
  const isNamed = argv.some((word) => word === '--policy' || word.startsWith('--policy='))
  const policies = isNamed || deployed.length === 0 ? flags.policy.map(loadPolicy) : []
  for (const source of deployed) {
    const { policy, differences } = await readPolicy(source, [])
    for (const difference of differences) process.stderr.write(`calliope: ${difference}\n`)
    policies.push(policy)
  }
  return policies
}

async function traceOf(flags: SimulateFlags): Promise<TraceForSeed> {
  if (!flags.csv && !flags.url)
    return (seed) => namedTrace(flags.trace, { peak: flags.peak || PEAK, seed })
  const recorded = flags.csv ? csvTrace(flags.csv) : await kpiTrace(flags)
  const trace = flags.peak > 0 ? scaleTrace(recorded, flags.peak) : recorded
  return () => trace
}

function csvTrace(file: string): Trace {
  if (!existsSync(file)) throw new CommandError(`${file} does not exist`)
  const text = readFileSync(file, 'utf8')
  if (text.length > CSV_BYTES_MAX)
    throw new CommandError(`${file} has ${text.length} bytes, ${CSV_BYTES_MAX} are read at most`)
  return traceOfCsv(text, file)
}

async function kpiTrace(flags: SimulateFlags): Promise<Trace> {
  const minutes = await clientFor(flags).kpi({ from: flags.from })
  const times = minutes.map(({ minute }) => Date.parse(minute))
  // Long ranges come in longer steps; the smallest distance tells.
  const steps = times.slice(1).map((time, i) => (time - times[i]!) / 1000)
  const step = Math.min(...steps, Number.POSITIVE_INFINITY)
  return traceOfMinutes(minutes, Number.isFinite(step) ? step : KPI_STEP_SECONDS, flags.url)
}

function experiments({ peak, runs, write }: SimulateFlags): number {
  const tables = experimentTables({ peak: peak || PEAK, runs: runs === 1 ? 5 : runs })
  if (!write) {
    process.stdout.write(`${tables}\n`)
    return 0
  }
  const page = existsSync(write) ? readFileSync(write, 'utf8') : ''
  const [begin, end] = MARKERS.map((marker) => page.indexOf(marker))
  if (begin === undefined || end === undefined || begin < 0 || end < begin)
    throw new CommandError(`${write} has no lines ${MARKERS.join(' and ')} to write between`)
  const head = page.slice(0, begin + MARKERS[0].length)
  writeFileSync(write, `${head}\n\n${tables}\n\n${page.slice(end)}`)
  process.stderr.write(`The tables are in ${write}\n`)
  return 0
}
