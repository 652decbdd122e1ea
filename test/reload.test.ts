// SIGHUP on the real program: what can change does, what cannot is named, and a mistake changes nothing.
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { request } from './agent-frames.ts'
import { type Program, settledLedger, startProgram, temporaryDirectory, until } from './program.ts'
import { SEND } from './senders.ts'

const BEFORE = `HEPAddr = "127.0.0.1:0"
PromAddr = "127.0.0.1:0"
DBDriver = "mock"
DBPartSip = "1h"
`
const AFTER = BEFORE.replace('1h', '2h').concat(`PromTargetIP = "192.0.2.2,2001:DB8::1"
PromTargetName = "proxy,other"
DiscardMethod = ["OPTIONS"]
LogLvl = "debug"
`)
const RESTART = 'SIGHUP: the configuration was read again; some of it waits for a restart'

test('SIGHUP reads the configuration again: targets, filters and the log level change at once', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  const file = join(directory.path, 'heplify-server.toml')
  writeFileSync(file, BEFORE)
  const flags = ['-config', file, '--data-dir', join(directory.path, 'data')]
  const program = await startProgram([...flags, '--database', database.url], {
    ...{ command: 'capture', hasListeners: true },
  })
  await SEND.udp(program, [request('a', { method: 'OPTIONS' }), request('b')])
  await settledLedger(program, 2)
  const before = await counted(program, 2)
  expect(before['",direction="",node_id="0",response="INVITE",method="INVITE"']).toBe(1)
  expect(before['",direction="",node_id="0",response="OPTIONS",method="OPTIONS"']).toBe(1)

  writeFileSync(file, `${AFTER}DBPartQos = "nonsense"\n`)
  program.process.kill('SIGHUP')
  const refused = await program.waitForLine(({ msg }) => msg.endsWith('nothing changes'))
  expect(refused.error).toContain('DBPartQos')

  writeFileSync(file, AFTER)
  program.process.kill('SIGHUP')
  const line = await program.waitForLine(({ msg }) => msg === RESTART)
  expect((line.taken as string[]).sort()).toEqual([
    ...['log.level', 'meter.targets', 'store.discard_methods'],
  ])
  expect(line.waiting).toEqual(['store.partition'])

  await SEND.udp(program, [request('c', { method: 'OPTIONS' }), request('d')])
  const ledger = await settledLedger(program, 4)
  expect(ledger.rejected.byReason).toEqual({ discarded: 1 })
  const after = await counted(program, 4)
  expect(after['proxy",direction="dst",node_id="0",response="INVITE",method="INVITE"']).toBe(1)
  expect(Object.keys(after).filter((labels) => labels.includes('OPTIONS'))).toHaveLength(1)

  program.process.kill('SIGHUP')
  const again = await program.waitForLine(
    ({ msg, taken }) => msg === RESTART && (taken as string[]).length === 0,
  )
  expect(again.waiting).toEqual(['store.partition'])
  expect(await program.stop()).toBe(0)
}, 30_000)

/** heplify_method_response by its labels behind target_name=", once so many frames are counted. */
async function counted(program: Program, frames: number): Promise<Record<string, number>> {
  const text = await until(
    async () => await (await fetch(`${program.url}/metrics`)).text(),
    (metrics) => metrics.includes(`calliope_meter_frames_total ${frames}\n`),
  )
  const lines = [...text.matchAll(/^heplify_method_response\{target_name="(.*)\} (\d+)$/gm)]
  return Object.fromEntries(lines.map(([, labels, value]) => [labels!, Number(value)]))
}
