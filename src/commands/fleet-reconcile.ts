// `calliope fleet reconcile|watch|enable-fast-metrics`: the reconciler by hand, as a process that looks
// every few seconds, and for the one thing Terraform cannot ask for yet.
import { setTimeout as sleep } from 'node:timers/promises'
import { kinds, parseFlags, setting, UsageError } from '#config'
import { fastMetricsDuty, type Outcome, openAwsCloud, outcomeLine, Reconciler } from '#fleet'
import { log } from '#log'
import { type Command, CommandError, flagsOnly } from './command.ts'
import {
  awsOptions,
  CLUSTER_FLAGS,
  chosenServices,
  FLEET_FLAGS,
  requireFleet,
} from './fleet-flags.ts'
import { tellCalliope } from './fleet-tell.ts'
import { interruption } from './server-flags.ts'

const dry_run = setting(kinds.flag, false, 'say what would be changed, change nothing')
const tell = setting(kinds.httpUrl, '', 'a Calliope whose fleet page is told what was changed')
const token = setting(kinds.secret, '', 'its token (or CALLIOPE_HTTP_TOKEN in the environment)')

const RECONCILE_FLAGS = {
  event: setting(kinds.text, '', 'file with one event from EventBridge, - for stdin'),
  ...{ dry_run, tell, token, ...FLEET_FLAGS },
}

/** `calliope fleet reconcile`; exit 0 when all is as it ought to be, or was made so. */
export const reconcile: Command = {
  summary: 'look once, or at one event, and make at most one change',
  usage: 'fleet reconcile [--event FILE] [--dry-run] [--fleet FILE]',
  example: 'calliope fleet reconcile --fleet fleet.json --dry-run',
  flags: RECONCILE_FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, RECONCILE_FLAGS)
    flagsOnly('fleet reconcile', positionals)
    const reconciler = open(flags)
    const outcome =
      flags.event === ''
        ? await reconciler.reconcile({ kind: 'tick' })
        : await reconciler.handle(await readEventFile(flags.event))
    process.stdout.write(`${sentence(outcome)}\n`)
    await tellCalliope(flags, outcome)
    return outcome.done === 'conflict' ? 1 : 0
  },
}

const WATCH_FLAGS = {
  every: setting(kinds.duration(1_000, 3_600_000), 15_000, 'how often it looks'),
  ...{ dry_run, tell, token, ...FLEET_FLAGS },
}

/** `calliope fleet watch`, until Ctrl-C or SIGTERM. */
export const watch: Command = {
  summary: 'look every few seconds, where no Lambda function does it',
  usage: 'fleet watch [--every TIME] [--fleet FILE]',
  example: 'calliope fleet watch --fleet fleet.json --every 15s',
  flags: WATCH_FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, WATCH_FLAGS)
    flagsOnly('fleet watch', positionals)
    const reconciler = open(flags)
    const signal = interruption()
    log.info({ every: flags.every }, 'watching the fleet')
    while (!signal.aborted) {
      await look(reconciler, flags)
      // Watchers started together do not stay together.
      await sleep(flags.every * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => {})
    }
    return 0
  },
}

// What goes wrong is said and tried again: a watcher that ends watches nothing.
async function look(reconciler: Reconciler, flags: { tell: string; token: string }) {
  try {
    const outcome = await reconciler.reconcile({ kind: 'tick' })
    const { msg, ...fields } = outcomeLine(outcome)
    log[outcome.done === 'kept' ? 'debug' : 'info'](fields, msg)
    await tellCalliope(flags, outcome)
  } catch (error) {
    log.error({ err: error }, 'the fleet could not be looked at; tried again')
  }
}

/** `calliope fleet enable-fast-metrics`. */
export const enableFastMetrics: Command = {
  summary: 'CPU and memory of services every 20 seconds; replaces their tasks once',
  usage: 'fleet enable-fast-metrics --cluster NAME --service NAME [--dry-run]',
  example: 'calliope fleet enable-fast-metrics --cluster voip --service capture --dry-run',
  flags: { dry_run, ...CLUSTER_FLAGS },
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, { dry_run, ...CLUSTER_FLAGS })
    flagsOnly('fleet enable-fast-metrics', positionals)
    const { cluster, services } = chosenServices(flags)
    if (services.length === 0)
      throw new UsageError([{ where: '--service', message: 'is missing; name the services' }])
    let conflicts = 0
    for (const service of services) {
      const reconciler = new Reconciler({
        config: { cluster },
        cloud: openAwsCloud(cluster, awsOptions(flags)),
        dryRun: flags.dry_run,
        duties: [fastMetricsDuty({ service }, { atOnce: true })],
      })
      const outcome = await reconciler.reconcile({ kind: 'tick' })
      if (outcome.done === 'conflict') conflicts++
      process.stdout.write(`${service}: ${sentence(outcome)}\n`)
    }
    return conflicts > 0 ? 1 : 0
  },
}

function open(flags: { fleet: string; region: string; dry_run: boolean }): Reconciler {
  const config = requireFleet(flags.fleet)
  const cloud = openAwsCloud(config.cluster, awsOptions(flags))
  return new Reconciler({ config, cloud, dryRun: flags.dry_run })
}

async function readEventFile(path: string): Promise<unknown> {
  try {
    return await (path === '-' ? Bun.stdin : Bun.file(path)).json()
  } catch (error) {
    throw new CommandError(`The event in ${path} cannot be read: ${(error as Error).message}`)
  }
}

function sentence(outcome: Outcome): string {
  const { msg, change, why, calls } = outcomeLine(outcome)
  const said = [change, why].filter(Boolean).join(': ')
  return `${msg}${said ? ` – ${said}` : ''} (${calls} API calls)`
}
