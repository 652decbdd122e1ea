// `calliope shadow`: what heplify-server and this Calliope have of the same traffic, message by message
// (docs/migrate.md). Exit code 0: everything is in both; 1: something is missing or differs.
import { closeSync, openSync, writeSync } from 'node:fs'
import { CONFIG_FLAGS, kinds, setting } from '#config'
import { type ComparisonCounts, type Finding, nameOfFinding, watchShadow } from '#migrate'
import type { Command } from './command.ts'
import { fromFlag, moment, openFrom } from './migrate-flags.ts'
import { openDatabase } from './open-database.ts'
import { readOwnFlags } from './own-flags.ts'
import { interruption } from './server-flags.ts'

const OWN_FLAGS = {
  from: fromFlag("heplify-server's database"),
  since: setting(moment, undefined, 'compare from then on; by default from now'),
  until: setting(moment, undefined, 'up to then; by default on and on, until Ctrl-C'),
  settle: setting(kinds.duration(0), 30_000, 'how long both have for storing a message'),
  report: setting(kinds.text, '', 'write every finding to this file, one JSON object a line'),
  show: setting(kinds.integer(0, 1_000_000), 20, 'findings to show while it goes on'),
}

/** `calliope shadow --from URL`. */
export const shadow: Command = {
  summary: 'compare, message by message, with a heplify-server that gets the same traffic',
  usage:
    'shadow --from URL [--database URL | --data-dir DIR] [--since -1h] [--until TIME] [--report FILE]',
  example:
    'calliope shadow --from postgres://homer_user:secret@db/homer_data --since -1h --until now',
  flags: {
    ...OWN_FLAGS,
    data_dir: CONFIG_FLAGS.data_dir!,
    database: CONFIG_FLAGS.database!,
    config: CONFIG_FLAGS.config!,
  },
  run: async (argv) => {
    const { flags, config } = await readOwnFlags('shadow', argv, OWN_FLAGS)
    await using homer = await openFrom(flags.from, 'calliope shadow')
    await using database = await openDatabase(config, 'calliope shadow')
    using report = new Report(flags.report, flags.show)
    const counts = await watchShadow({
      ...{ homer, calliope: database.sql, signal: interruption(), settleMs: flags.settle },
      ...{ fromMs: flags.since ?? Date.now(), toMs: flags.until },
      onFinding: (finding) => report.add(finding),
      onStep: (atMs, sums) => report.step(atMs, sums),
    })
    process.stdout.write(`${sumsTable(counts)}\n`)
    return counts.findings.size === 0 ? 0 : 1
  },
}

class Report implements Disposable {
  readonly #file: number | undefined
  #left: number
  #shownMs = 0

  constructor(path: string, show: number) {
    this.#file = path ? openSync(path, 'a', 0o640) : undefined
    this.#left = show
  }

  add(finding: Finding): void {
    // At once: the process ends right behind the last one.
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(findingRow(finding))}\n`)
    if (this.#left-- > 0) process.stderr.write(`${findingLine(finding)}\n`)
  }

  step(atMs: number, counts: ComparisonCounts): void {
    if (Date.now() - this.#shownMs < 10_000) return
    this.#shownMs = Date.now()
    const found = [...counts.findings.values()].reduce((sum, n) => sum + n, 0)
    const at = new Date(atMs).toISOString()
    process.stderr.write(`${at}  ${count(counts.same)} the same, ${count(found)} findings\n`)
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file)
  }
}

const seenIn = (finding: Finding) => (finding.kind === 'missing' ? finding.seen : finding.calliope)

const timeOf = (us: number): string =>
  `${new Date(Math.floor(us / 1e6) * 1_000).toISOString().slice(0, 19)}.${String(us % 1e6).padStart(6, '0')}Z`

function findingRow(finding: Finding) {
  const { atUs, hepType, src, dst, callId, correlationId, node, label } = seenIn(finding)
  const seen = { at: timeOf(atUs), hepType, src, dst, callId, correlationId, agent: node, label }
  if (finding.kind === 'missing')
    return { finding: 'missing', in: finding.in, cause: finding.cause, ...seen }
  const { homer, calliope } = finding
  return {
    finding: 'differs',
    in: finding.in,
    homer: textOf(finding.in, homer),
    calliope: textOf(finding.in, calliope),
    ...seen,
  }
}

type Seen = ReturnType<typeof seenIn>

const VALUES = {
  time: ({ atUs }: Seen) => timeOf(atUs),
  payload: ({ payloadBytes, label }: Seen) => `${payloadBytes} bytes: ${label}`,
  'call-id': ({ callId }: Seen) => callId,
  'correlation-id': ({ correlationId }: Seen) => correlationId,
  agent: ({ node }: Seen) => node,
}
const textOf = (field: keyof typeof VALUES, seen: Seen): string => VALUES[field](seen)

function findingLine(finding: Finding): string {
  const { atUs, src, dst, callId, label } = seenIn(finding)
  return `${timeOf(atUs)}  ${nameOfFinding(finding)}  ${src} > ${dst}  ${callId}  ${label}`
}

function sumsTable({ homer, calliope, same, findings }: ComparisonCounts): string {
  const row = (n: number, what: string) => `${count(n).padStart(14)}  ${what}`
  return [
    row(homer, 'messages in heplify-server'),
    row(calliope, 'messages in Calliope'),
    row(same, 'the same in both'),
    ...[...findings].sort(([, a], [, b]) => b - a).map(([what, n]) => row(n, what)),
  ].join('\n')
}

const count = (n: number): string => n.toLocaleString('en-US')
