// The whole thing as a user runs it: calls, users and aliases of a Homer into a Calliope, both killed with -9
// on the way, and shadow mode over what came of it.
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ledger } from '#contract'
import { type TestDatabase, testDatabase } from '../../src/store/postgres/test-server.ts'
import { run, startCommand } from '../commands.ts'
import {
  ask,
  type Program,
  settledLedger,
  startProgram,
  temporaryDirectory,
  until,
} from '../program.ts'
import { addRows, homer7Database } from './homer7-source.ts'

const START = Date.UTC(2026, 2, 1)
const ROWS = 30_000
const directory = temporaryDirectory()
const report = join(directory.path, 'findings.jsonl')

let source: TestDatabase
let target: TestDatabase
let program: Program

const start = (http: string) =>
  startProgram(
    [
      ...['--http', http, '--data-dir', join(directory.path, 'node'), '--database', target.url],
      ...['--store-retention', '3650d'],
    ],
    { command: 'up' },
  )
const ledger = () => ask<Ledger>(program, '/api/v1/ledger')

beforeAll(async () => {
  const hours = [0, 2, 4].map((hour) => START + hour * 3_600_000)
  source = await homer7Database(hours)
  target = await testDatabase()
  for (const [i, startMs] of hours.entries())
    await addRows(source.sql, { from: i * 10_000, count: 10_000, startMs })
  program = await start('127.0.0.1:0')
}, 60_000)
afterAll(async () => {
  await program.stop()
  await source[Symbol.asyncDispose]()
  await target[Symbol.asyncDispose]()
  directory[Symbol.dispose]()
})

const migrateWords = () => [
  ...['migrate', 'homer7', '--from', source.url, '--url', program.url, '--rate', '15000'],
  ...['--journal', join(directory.path, 'journal')],
]
const shadow = () =>
  run(
    [
      ...['shadow', '--from', source.url, '--database', target.url, '--settle', '0s'],
      ...['--since', '2026-03-01T00:00:00Z', '--until', '2026-03-01T05:00:00Z'],
      ...['--report', report],
    ],
    { cwd: directory.path },
  )

test('calliope migrate homer7 copies every row once, whoever is killed on the way', async () => {
  const first = startCommand(migrateWords())
  await until(ledger, ({ received }) => received > 4_000)
  first.kill('SIGKILL')
  await first.exited
  const second = startCommand(migrateWords())
  const before = (await ledger()).received
  await until(ledger, ({ received }) => received > before + 6_000)
  const http = new URL(program.url).host
  await program.kill()
  program = await start(http)
  expect(await second.exited).toBe(0)
  expect(await new Response(second.stdout).text()).toStartWith(
    `30,000 rows read = 30,000 messages taken by ${program.url} + 0 refused there + 0 left out or under way; all of it in its database\n`,
  )
  await settledLedger(program, ROWS)
  const [{ messages, calls, from, to }] = await target.sql`
    select sum(message_count)::int as messages, count(distinct call_id)::int as calls,
      min(first_at) as from, max(first_at) as to from call_segments`
  expect([messages, calls]).toEqual([ROWS, ROWS])
  // As old as they are, not as old as the migration.
  expect([from, to].map((at: Date) => at.getTime())).toEqual([START, START + 14_400_000 + 9_999])
}, 60_000)

test('calliope shadow says that both have the same, and then what each lacks', async () => {
  const same = await shadow()
  expect(same.out).toMatch(/30,000 {2}the same in both\n$/)
  expect(same.code).toBe(0)
  await source.sql.unsafe(`delete from hep_proto_1_call where sid in ('row-7', 'row-20007')`)
  await source.sql.unsafe(`update hep_proto_1_call set raw = raw || 'x' where sid = 'row-8'`)
  await addRows(source.sql, { from: ROWS, count: 1, startMs: START + 60_000 })
  const { code, out } = await shadow()
  expect(code).toBe(1)
  expect(out).toMatch(/29,997 {2}the same in both/)
  expect(out).toMatch(/2 {2}missing in heplify-server: it was dropped with its batch/)
  expect(out).toMatch(/1 {2}missing in Calliope: it never came here/)
  expect(out).toMatch(/1 {2}payload differs/)
  const findings = readFileSync(report, 'utf8').trim().split('\n')
  expect(findings.map((line) => JSON.parse(line).callId).sort()).toEqual(
    ['row-20007', `row-${ROWS}`, 'row-7', 'row-8'].sort(),
  )
}, 60_000)

test('calliope migrate homer-config takes over users with their passwords, and aliases', async () => {
  const hash = await Bun.password.hash('correct horse battery', { algorithm: 'bcrypt', cost: 4 })
  await source.sql.unsafe(`
    create table users (id serial, username varchar(100), usergroup varchar(250), hash varchar(128),
      enabled bool default true);
    create table alias (id serial, alias varchar(250), ip varchar(60), port int, mask int,
      "captureID" varchar(20), status bool);
    create table mapping_schema (id serial, profile varchar(100), hepid int, fields_mapping json,
      correlation_mapping json);
    insert into users (username, usergroup, hash) values ('Anna', 'admin', '${hash.replace('$2b$', '$2a$')}');
    insert into alias (alias, ip, port, mask, "captureID", status)
      values ('sbc', '192.0.2.1', 5060, 32, '0', true);
    insert into mapping_schema (profile, hepid, fields_mapping, correlation_mapping)
      values ('call', 1, '[{"id":"data_header.X-Tenant"},{"id":"sid"}]', '{}')`)
  const words = ['migrate', 'homer-config', '--from', source.url, '--database', target.url]
  const { code, out } = await run(words, { cwd: directory.path })
  expect([code, out]).toEqual([0, expect.stringMatching(/\+ anna +admin +keeps the password\n/)])
  expect(out).toMatch(/\+ 192\.0\.2\.1:5060 +sbc\n/)
  expect(out).toMatch(/set store\.custom_headers = \["X-Tenant"\]/)
  const login = await fetch(`${program.url}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: program.url },
    body: JSON.stringify({ name: 'anna', password: 'correct horse battery' }),
  })
  expect(login.status).toBe(200)
  expect((await run(words, { cwd: directory.path })).out).toMatch(
    /users: 0 of 1\n.*is there already/,
  )
}, 60_000)
