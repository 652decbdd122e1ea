// What heplify-server 1.60.3 wrote for our vectors and for the recording of Kamailio was kept
// (test/homer7/recorded, by test/homer7/beside.ts). The program gets the same frames and a configuration of
// heplify-server: its homer7 rows are the same in every column and key, but where faults.ts has a name.
import { expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { compareRows } from './homer7/compare.ts'
import { describeDifference, nameDifferences } from './homer7/name-differences.ts'
import { type Homer7Row, readHomer7Rows } from './homer7/rows.ts'
import { framesOf, type TrafficName } from './homer7/traffic.ts'
import { settledLedger, startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

const HOURS_AGO_US = 6 * 3600e6

const EVERY_KEY = `
SIPHeader = ["ruri_user", "ruri_domain", "from_user", "from_domain", "from_tag", "to_user", "to_domain",
  "to_tag", "callid", "callid_aleg", "cseq", "method", "user_agent", "server", "via", "contact_user",
  "contact_domain", "pid_user", "auth_user", "content_type", "reason", "diversion", "expires"]
CustomHeader = ["X-Custom", "X-Absent"]
AlegIDs = ["X-CID"]
ForceALegID = true
ForceHEPPayload = [34]
`

const FILTERS = `
DiscardMethod = ["OPTIONS", "SUBSCRIBE"]
CensorMethod = ["MESSAGE"]
Dedup = true
AlegIDs = ["X-CID", "X-Leg,call=([^;]+)"]
`

function recorded(name: string): Homer7Row[] {
  const file = join(import.meta.dir, 'homer7', 'recorded', `${name}.jsonl.gz`)
  const text = new TextDecoder().decode(Bun.gunzipSync(readFileSync(file)))
  return text.split('\n').map((line) => JSON.parse(line))
}

/** The rows that the program writes on heplify-server's configuration, with `more` in it. */
async function rowsOfProgram(names: readonly TrafficName[], more: string) {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  const { host, username, password, pathname } = new URL(database.url)
  const file = join(directory.path, 'heplify-server.toml')
  writeFileSync(
    file,
    `HEPAddr = "127.0.0.1:0"
PromAddr = ""
DBShema = "homer7"
DBDriver = "postgres"
DBAddr = "${host}"
DBUser = "${username}"
DBPass = "${decodeURIComponent(password)}"
DBDataTable = "${pathname.slice(1)}"
${more}`,
  )
  const program = await startProgram(
    ['-config', file, '--data-dir', join(directory.path, 'data')],
    { command: 'capture', hasListeners: true },
  )
  const startUs = Math.floor((Date.now() * 1000 - HOURS_AGO_US) / 1e6) * 1e6
  const frames = names.flatMap((name) => framesOf(name, startUs))
  await SEND.udp(
    program,
    frames.map(({ frame }) => frame),
  )
  const ledger = await settledLedger(program, frames.length)
  expect(await program.stop()).toBe(0)
  return { frames, ledger, rows: await readHomer7Rows(database.url, startUs) }
}

const CASES = [
  { name: 'plain', names: ['vectors', 'fixture'], more: '' },
  { name: 'every-key', names: ['vectors'], more: EVERY_KEY },
  { name: 'filters', names: ['vectors'], more: FILTERS },
] as const

for (const { name, names, more } of CASES)
  test(`capture writes the homer7 rows of heplify-server but for its faults (${name})`, async () => {
    const { frames, rows, ledger } = await rowsOfProgram(names, more)
    const { named, unnamed } = nameDifferences(compareRows(recorded(name), rows), frames)
    expect(unnamed.map((one) => describeDifference(one, frames))).toEqual([])
    expect(
      [...named].flatMap(([, all]) => all).filter(({ kind }) => kind === 'only-theirs'),
    ).toEqual([])
    // Nothing that arrived is without a row, but what the configuration wants left out.
    expect(rows.length + ledger.rejected.total).toBe(frames.length)
  }, 60_000)
