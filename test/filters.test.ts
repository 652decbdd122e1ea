// heplify-server's filters and scripts, on its own configuration, in the running program: what is sent, what
// can be found, and what is counted.
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { request } from './agent-frames.ts'
import { run } from './commands.ts'
import { ask, startProgram, temporaryDirectory, until } from './program.ts'
import { SEND } from './senders.ts'

const CONFIG = (folder: string) => `HEPAddr = "127.0.0.1:0"
DBShema = "homer7"
DiscardMethod = ["OPTIONS"]
Dedup = true
AlegIDs = ["X-Leg,call=([^;]+)"]
ScriptEnable = true
ScriptEngine = "lua"
ScriptFolder = "${folder}"
`
const LUA = 'function mask()\n  SetRawMessage(string.gsub(GetRawMessage(), "ann", "***"))\nend\n'
const masking = (with_: string) => `export function mask(hep: Hep, sip?: Sip) {
  if (!sip) return
  SetRawMessage(GetRawMessage().replaceAll('sip:ann@', 'sip:${with_}@'))
  sip.FromUser = '${with_}'
}`

interface Found {
  readonly calls: readonly { callId: string; from: string }[]
}

test('calliope up filters as heplify-server is configured to, runs scripts in place of Lua, and reads them again on SIGHUP', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  const file = join(directory.path, 'heplify-server.toml')
  const script = join(directory.path, 'mask.ts')
  writeFileSync(file, CONFIG(directory.path))
  writeFileSync(join(directory.path, 'mask.lua'), LUA)
  writeFileSync(script, masking('first'))
  const data = join(directory.path, 'data')
  const program = await startProgram(
    ['-config', file, '--data-dir', data, '--database', database.url],
    { hasListeners: true },
  )
  const told = program.lines.find(({ script: path }) => String(path).endsWith('mask.lua'))!
  expect(told.rewrite).toEqual([
    'line 1 function: export function name(): those exported run, in order',
    'line 2 SetRawMessage: the same',
    'line 2 GetRawMessage: the same',
    "line 2 gsub: text.replace(/pattern/g, 'new'), where %1 is $1",
  ])
  const find = (callId: string) =>
    until(
      () => ask<Found>(program, `/api/v1/calls?q=callid:${callId}`),
      ({ calls }) => calls.length > 0,
    )
  const call = request('call-1')
  await SEND.udp(program, [call, call, request('ping', { method: 'OPTIONS' })])
  expect((await find('call-1')).calls[0]!.from).toContain('first')
  const { messages } = await ask<{ messages: { raw: string }[] }>(program, '/api/v1/calls/call-1')
  expect(messages.map(({ raw }) => /From: <(.*?)>/.exec(raw)![1])).toEqual([
    'sip:first@example.test',
  ])
  writeFileSync(script, masking('second'))
  program.process.kill('SIGHUP')
  await program.waitForLine(({ msg }) => msg.startsWith('SIGHUP'))
  await SEND.udp(program, [request('call-2')])
  expect((await find('call-2')).calls[0]!.from).toContain('second')
  const ledger = await ask<Record<string, unknown>>(program, '/api/v1/ledger')
  expect(ledger).toMatchObject({
    ...{ received: 4, stored: 2, pending: 0 },
    rejected: { total: 2, byReason: { discarded: 1, duplicate: 1 } },
  })
  const metrics = await (await fetch(`${program.url}/metrics`)).text()
  expect(metrics).toContain('calliope_script_packets_total{outcome="changed"} 2')
  expect(await program.stop()).toBe(0)
}, 30_000)

test('calliope up does not start with a script that cannot be read, and names it and the line', async () => {
  using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'bad.ts'), 'export function mask( {')
  const ended = await run(['up', '--filter-scripts', directory.path])
  expect(ended.code).toBe(1)
  expect(ended.err).toContain('filter: script bad.ts: line 1:')
})

test('calliope script checks a folder, and prints declarations of the functions', async () => {
  using directory = temporaryDirectory()
  writeFileSync(join(directory.path, 'mask.lua'), LUA)
  writeFileSync(join(directory.path, 'mask.ts'), masking('x'))
  const checked = await run(['script', 'check', directory.path])
  expect(checked).toMatchObject({ code: 0, err: '' })
  expect(checked.out).toContain('mask.lua: for heplify-server, not run here')
  expect(checked.out).toEndWith('1 scripts can be run\n')
  expect((await run(['script', 'types'])).out).toContain('declare function GetRawMessage(): string')
  const without = await run(['script', 'test', directory.path])
  expect([without.code, without.err.includes('--pcap')]).toEqual([2, true])
})
