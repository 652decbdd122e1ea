// `calliope migrate homer7`: copies the tables of heplify-server into a running Calliope (docs/migrate.md).
// What does it is in src/migrate; here are flags, what a person sees meanwhile, and the exit code: 0 all of
// it is there, 1 something is not, and the lines say what.
import { appendFileSync } from 'node:fs'
import { kinds, type ParsedFlags, parseFlags, setting } from '#config'
import { type LeftOut, type MigrateProgress, type MigrateSummary, migrateHomer7 } from '#migrate'
import { type Command, CommandError, flagsOnly } from './command.ts'
import { fromFlag, moment, openFrom } from './migrate-flags.ts'
import { clientFor, interruption, SERVER_FLAGS } from './server-flags.ts'

const FLAGS = {
  from: fromFlag('the database with the homer7 tables'),
  journal: setting(
    kinds.path,
    'migrate-homer7.journal',
    'what was copied; begun again goes on there',
  ),
  since: setting(
    moment,
    undefined,
    'leave out partitions that end before; by default what the target would drop again',
  ),
  until: setting(
    moment,
    undefined,
    'leave out rows from then on, which the target has from the agents itself',
  ),
  rate: setting(kinds.integer(0, 10_000_000), 0, 'rows a second at most; 0 = as fast as it goes'),
  ahead: setting(
    kinds.integer(1_000, 100_000_000),
    200_000,
    "messages on the target's disk and not in its database, at most",
  ),
  key: setting(kinds.secret, '', 'agent key, where the target asks for one'),
  ...SERVER_FLAGS,
}

type Flags = ParsedFlags<typeof FLAGS>

/** `calliope migrate homer7`. */
export const migrateHomer7Command: Command = {
  summary: 'copy the tables of heplify-server into a running Calliope; goes on where it was',
  usage:
    'migrate homer7 --from URL [--url CALLIOPE] [--since -14d] [--until TIME] [--journal FILE]',
  example:
    'calliope migrate homer7 --from postgres://homer_user:secret@db/homer_data --url http://calliope:9080',
  flags: FLAGS,
  run: async (argv) => {
    const { flags, positionals } = parseFlags(argv, FLAGS)
    flagsOnly('migrate homer7', positionals)
    await using sql = await openFrom(flags.from, 'calliope migrate')
    await checkTarget(flags)
    const sinceMs = flags.since ?? (await keptSince(flags))
    const view = new ProgressView()
    const summary = await migrateHomer7({
      ...{
        sql,
        fromUrl: flags.from,
        sinceMs,
        untilMs: flags.until,
        journal: flags.journal,
        key: flags.key,
      },
      ...{ url: serverUrl(flags), token: tokenOf(flags), signal: interruption() },
      ...{ aheadMax: flags.ahead, rowsPerSecond: flags.rate },
      onLeftOut: (row) => noteLeftOut(flags.journal, row),
      onProgress: (progress) => view.show(progress),
      onWait: (why) => view.say(why),
    })
    view.end()
    process.stdout.write(`${describe(summary, flags, sinceMs).join('\n')}\n`)
    const isDone = summary.isWhole && summary.leftOut + summary.rejected + summary.gone === 0
    return isDone ? 0 : 1
  },
}

const serverUrl = ({ url }: Flags): string =>
  (url.includes('://') ? url : `http://${url}`).replace(/\/+$/, '')

const tokenOf = ({ token }: Flags): string | undefined =>
  token || process.env.CALLIOPE_HTTP_TOKEN || undefined

// A node with homer7 tables only would pass over what comes out of such tables.
async function checkTarget(flags: Flags): Promise<void> {
  const { layouts } = await clientFor(flags)
    .about()
    .catch(() => ({ layouts: undefined }))
  if (layouts !== undefined && !layouts.includes('calls'))
    throw new CommandError(
      `${flags.url} keeps calls in homer7 tables only, where these rows come from. Give it store.layouts = "calls,homer7", or name another.`,
    )
}

// What the target would drop at once need not be sent. Who may not ask copies all of it.
async function keptSince(flags: Flags): Promise<number | undefined> {
  try {
    return Date.now() - (await clientFor(flags).retentionHours()) * 3_600_000
  } catch (error) {
    process.stderr.write(
      `how long the target keeps calls is not known (${(error as Error).message}); copying all there is\n`,
    )
    return undefined
  }
}

const leftOutFile = (journal: string): string => `${journal}.left-out.jsonl`

const noteLeftOut = (journal: string, row: LeftOut): void =>
  appendFileSync(leftOutFile(journal), `${JSON.stringify(row)}\n`)

/** A line that is written over on a terminal, one every ten seconds elsewhere. */
class ProgressView {
  readonly #everyMs = process.stderr.isTTY ? 500 : 10_000
  #startedMs = performance.now()
  #shownMs = Number.NEGATIVE_INFINITY
  #rowsBefore: number | undefined
  #said = ''

  show(progress: MigrateProgress): void {
    this.#rowsBefore ??= progress.rows
    const now = performance.now()
    if (now - this.#shownMs < this.#everyMs) return
    this.#shownMs = now
    const rate = (progress.rows - this.#rowsBefore) / Math.max(0.001, (now - this.#startedMs) / 1e3)
    const { rows, rowsAbout, part, parts, partsDone } = progress
    const percent = Math.floor((rows / Math.max(1, rowsAbout)) * 100)
    const left = rate > 0 ? `, ${duration((rowsAbout - rows) / rate)} left` : ''
    const line = `${percent} %  ${count(rows)} of about ${count(rowsAbout)} rows  ${count(rate)}/s${left}  part ${partsDone + 1} of ${parts}: ${part}`
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
  }

  /** Once, until something else is said. */
  say(why: string): void {
    if (why === this.#said) return
    this.#said = why
    process.stderr.write(`${process.stderr.isTTY ? '\n' : ''}waiting: ${why}\n`)
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}

function describe(summary: MigrateSummary, flags: Flags, sinceMs: number | undefined): string[] {
  const { rows, taken, rejected, leftOut, mended, gone, tooOld, isWhole, isStored } = summary
  const place = isStored ? 'all of it in its database' : 'its database has not told that it has all'
  return [
    `${count(rows)} rows read = ${count(taken)} messages taken by ${flags.url} + ${count(rejected)} refused there + ${count(rows - taken - rejected)} left out or under way${isWhole ? `; ${place}` : ''}`,
    ...(leftOut > 0
      ? [`${count(leftOut)} rows cannot be messages: ${leftOutFile(flags.journal)}`]
      : []),
    ...(rejected > 0
      ? ['refused messages are in the quarantine of the target, with the reason']
      : []),
    ...(mended > 0
      ? [`${count(mended)} rows had no IP address where one belongs; copied without`]
      : []),
    ...(gone > 0 ? [`${count(gone)} rows were dropped by the rotation before they were read`] : []),
    ...(tooOld.parts > 0
      ? [
          `${tooOld.parts} partitions (about ${count(tooOld.rowsAbout)} rows) end before ${new Date(sinceMs ?? 0).toISOString()} and were left out: keep calls longer (store.retention) and give --since to copy them`,
        ]
      : []),
    ...(isWhole ? [] : ['interrupted; the same command goes on']),
  ]
}

const count = (n: number): string => Math.round(n).toLocaleString('en-US')

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`
}
