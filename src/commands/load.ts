// `calliope load`: generated SIP traffic, sent for real. With --check it asks the server's ledger
// before and after and says whether everything that was sent is accounted for. With --stages it raises
// the rate in steps, watches the target, and writes a report (docs/load.md).

import { writeFileSync } from 'node:fs'
import { type HostPort, kinds, type ParsedFlags, parseFlags, setting } from '#config'
import type { Ledger } from '#contract'
import {
  loadReportPage,
  type SendOptions,
  type SendProgress,
  type SendSummary,
  type SendTransport,
  StagePlan,
  sendTraffic,
  stageTable,
  TRAFFIC_MIXES,
  type TrafficMix,
} from '#fleet'
import { type Command, flagsOnly } from './command.ts'
import { ratesOf, stageRates } from './load-stage-rates.ts'
import { LoadWatch } from './load-watch.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const PORTS: Record<SendTransport, number> = {
  udp: 9060,
  tcp: 9061,
  tls: 9062,
  ws: 3000,
  http: 9080,
}
const SETTLE_MS_MAX = 60_000

const FLAGS = {
  to: setting(
    kinds.address,
    undefined as HostPort | undefined,
    "where to send; by default this machine and the transport's usual port",
  ),
  transport: setting(kinds.choice('udp', 'tcp', 'tls', 'ws', 'http'), 'udp', 'how'),
  rate: setting(kinds.integer(0, 10_000_000), 100, 'packets per second; 0 = as fast as it goes'),
  for: setting(kinds.duration(1), 10_000, 'how long'),
  count: setting(kinds.integer(0, 1_000_000_000), 0, 'end after so many packets; 0 = by time'),
  mix: setting(
    kinds.choice(...(Object.keys(TRAFFIC_MIXES) as TrafficMix[])),
    'mixed',
    'what is sent',
  ),
  seed: setting(kinds.integer(0, 2 ** 31), 1, 'the same seed sends the same calls'),
  senders: setting(kinds.integer(1, 1000), 1, 'sockets to send from, each one flow for a balancer'),
  key: setting(kinds.secret, '', 'agent key to send (HEP chunk 14)'),
  insecure: setting(kinds.flag, false, 'accept any TLS certificate'),
  check: setting(
    kinds.flag,
    false,
    "compare with the server's ledger (--url) and exit 1 if anything is missing",
  ),
  stages: setting(
    stageRates,
    [],
    'raise the rate in stages: multiples of --rate, or rates such as 500/s, 20k/s',
  ),
  'stage-for': setting(kinds.duration(1), 600_000, 'how long each stage is held'),
  ramp: setting(kinds.duration(0), 10_000, 'how long it takes from one stage to the next'),
  report: setting(kinds.text, '', 'with --stages: write an HTML page with graphs to this file'),
  ...SERVER_FLAGS,
}

export const load: Command = {
  summary: 'send generated SIP traffic, at a rate or as fast as it goes',
  usage:
    'load [--to HOST:PORT] [--transport udp|tcp|tls|ws|http] [--rate N] [--for TIME] [--mix NAME] [--check]',
  example: 'calliope load --rate 1000 --for 1m --check',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    flagsOnly('load', positionals)
    const ledger = () => clientFor(flags).ledger()
    const before = flags.check ? await settled(ledger, 0) : undefined
    const judge = async (summary: SendSummary): Promise<Verdict> => {
      if (!before) return { code: summary.errors > 0 ? 1 : 0, text: '' }
      const after = await settled(ledger, before.received + summary.sent)
      return compare(summary, before, after)
    }
    const { code, text } = await (flags.stages.length > 0
      ? sendStages(flags, judge)
      : judge(await send(flags, {})))
    process.stdout.write(text)
    return code
  },
}

/** What the ledger says of what was sent: the exit code, and lines for people. */
interface Verdict {
  readonly code: number
  readonly text: string
}

type LoadFlags = ParsedFlags<typeof FLAGS>

async function send(flags: LoadFlags, options: Partial<SendOptions>): Promise<SendSummary> {
  const to = flags.to ?? { host: '127.0.0.1', port: PORTS[flags.transport] }
  const summary = await sendTraffic({
    source: { seed: flags.seed, mix: flags.mix },
    to: { host: to.host === '0.0.0.0' ? '127.0.0.1' : to.host, port: to.port },
    transport: flags.transport,
    ratePerSecond: flags.rate === 0 ? 'max' : flags.rate,
    senders: flags.senders,
    ...(flags.count > 0 ? { count: flags.count } : { durationMs: flags.for }),
    ...(flags.key ? { authKey: flags.key } : {}),
    tls: { verify: !flags.insecure },
    onProgress: showProgress,
    signal: interruption(),
    ...options,
  })
  process.stderr.write('\n')
  process.stdout.write(`${describe(summary)}\n`)
  return summary
}

async function sendStages(
  flags: LoadFlags,
  judge: (summary: SendSummary) => Promise<Verdict>,
): Promise<Verdict> {
  const plan = new StagePlan(ratesOf(flags.stages, flags.rate), flags['stage-for'], flags.ramp)
  await using watch = await LoadWatch.start(clientFor(flags), plan)
  let shownMs = 0
  const summary = await send(flags, {
    ...{ ratePerSecond: plan, durationMs: plan.durationMs, progressEveryMs: 100 },
    onProgress: (progress) => {
      watch.noteProgress(progress.sent, progress.elapsedMs)
      if (progress.elapsedMs - shownMs < 1_000) return
      shownMs = progress.elapsedMs
      showProgress(progress)
    },
  })
  watch.noteProgress(summary.sent, summary.elapsedMs)
  const verdict = await judge(summary) // the watch goes on: how the backlog goes belongs to the story
  const report = {
    ...{ title: 'Load in stages', about: aboutLoad(flags, summary), verdict: verdict.text },
    ...{ startedAtMs: watch.startedAtMs, stages: plan.stages, moments: watch.moments },
    events: await watch.events(),
  }
  process.stdout.write(`${stageTable(report)}\n`)
  if (flags.report) writeFileSync(flags.report, loadReportPage(report))
  if (flags.report) process.stderr.write(`The report is in ${flags.report}\n`)
  return verdict
}

const aboutLoad = ({ transport, senders, mix, url }: LoadFlags, { sent, calls }: SendSummary) =>
  `${count(sent)} packets of ${count(calls)} calls (${mix}) over ${transport} from ${senders} ${senders === 1 ? 'sender' : 'senders'}, watched at ${url}.`

function showProgress({ sent, bytes, errors, lastError, elapsedMs }: SendProgress): void {
  const seconds = elapsedMs / 1000
  const trouble = errors > 0 ? `, ${errors} errors (${lastError})` : ''
  const line = `${seconds.toFixed(0)} s  ${count(sent)} packets  ${count(sent / seconds)}/s  ${(bytes / seconds / 1e6).toFixed(1)} MB/s${trouble}`
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
}

function describe({
  sent,
  bytes,
  calls,
  elapsedMs,
  errors,
  lastError,
  byKind,
}: SendSummary): string {
  const kindsSent = Object.entries(byKind).map(
    ([kind, of]) =>
      `  ${kind.padEnd(14)} ${count(of.calls).padStart(12)} calls  ${count(of.packets).padStart(12)} packets`,
  )
  return [
    `sent ${count(sent)} packets of ${count(calls)} calls, ${(bytes / 1e6).toFixed(1)} MB, in ${(elapsedMs / 1000).toFixed(1)} s (${count(sent / (elapsedMs / 1000))}/s)`,
    ...kindsSent,
    ...(errors > 0 ? [`${errors} errors; the last: ${lastError}`] : []),
  ].join('\n')
}

// Until everything sent has arrived and nothing is pending, or nothing has moved for a while: at the
// end, and before the start, so that what came before is not taken for ours.
async function settled(read: () => Promise<Ledger>, received: number): Promise<Ledger> {
  const deadline = Date.now() + SETTLE_MS_MAX
  let stillSince = Date.now()
  let last = await read()
  for (;;) {
    if (last.received >= received && last.pending === 0) return last
    await Bun.sleep(200)
    const now = await read()
    if (now.received !== last.received || now.stored !== last.stored) stillSince = Date.now()
    last = now
    if (Date.now() > deadline || (Date.now() - stillSince > 5_000 && now.pending === 0)) return now
  }
}

function compare({ sent }: SendSummary, before: Ledger, after: Ledger): Verdict {
  const received = after.received - before.received
  // What still waits of what others sent before is not ours.
  const stored = after.stored - before.stored - before.pending
  const refused =
    after.rejected.total + after.dropped.total - before.rejected.total - before.dropped.total
  const whole = received === sent && stored + refused + after.pending === received && after.balanced
  const lines = [
    `ledger: ${count(received)} received = ${count(stored)} stored + ${count(refused)} rejected or dropped + ${count(after.pending)} pending; ${count(sent - received)} never arrived`,
    ...(whole ? [] : ['not everything is accounted for, or others were sending too']),
  ]
  return { code: whole && refused === 0 ? 0 : 1, text: `${lines.join('\n')}\n` }
}

const count = (n: number): string => Math.round(n).toLocaleString('en-US')
