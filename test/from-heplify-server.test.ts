// The configuration that somebody runs heplify-server with on ECS, as it stands but for ports that are
// free here and the name of the database: Calliope starts on it, hears what it names, answers the
// balancer's check, and says once what became of each key.
import { expect, test } from 'bun:test'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { testDatabase } from '../src/store/postgres/test-server.ts'
import { traffic } from './agent-frames.ts'
import { run } from './commands.ts'
import { settledLedger, startProgram, temporaryDirectory, until } from './program.ts'
import { SEND, type Transport } from './senders.ts'

const TRANSPORTS: readonly Transport[] = ['udp', 'tcp', 'tls', 'ws']

const SHIPPED = `HEPAddr               = "0.0.0.0:9060"
HEPTCPAddr            = "0.0.0.0:9061"
HEPTLSAddr            = "0.0.0.0:9062"
HEPWSAddr             = "0.0.0.0:3000"
ESAddr                = ""
ESDiscovery           = true
LokiURL               = ""
LokiBulk              = 400
LokiTimer             = 4
LokiBuffer            = 100000
LokiHEPFilter         = [1,5,100]
ForceHEPPayload       = []
PromAddr              = "0.0.0.0:9096"
PromTargetIP          = ""
PromTargetName        = ""
DBShema               = "homer7"
DBDriver              = "postgres"
DBAddr                = "db.internal:5432"
DBUser                = "homer"
DBPass                = "HOMER-PASSWORD"
DBDataTable           = "homer_data"
DBConfTable           = "homer_config"
DBBulk                = 200
DBTimer               = 4
DBBuffer              = 400000
DBWorker              = 8
DBRotate              = true
DBPartLog             = "2h"
DBPartSip             = "1h"
DBPartQos             = "6h"
DBDropDays            = 7
DBDropOnStart         = false
DBUsageProtection     = true
DBUsageScheme         = "percentage"
DBPercentageUsage     = "80%"
Dedup                 = false
DiscardMethod         = []
AlegIDs               = []
CustomHeader          = []
SIPHeader             = []
LogDbg                = ""
LogLvl                = "info"
LogStd                = true
LogSys                = false
Config                = "./heplify-server.toml"
ConfigHTTPAddr        = "0.0.0.0:80"
`

function shippedFor(database: string, folder: string): string {
  const { host, username, password, pathname } = new URL(database)
  return `${SHIPPED.replace(/"0\.0\.0\.0:\d+"/g, '"0.0.0.0:0"')
    .replace('db.internal:5432', host)
    .replace('"homer"', `"${username}"`)
    .replace('HOMER-PASSWORD', decodeURIComponent(password))
    .replace('homer_data', pathname.slice(1))}TLSCertFolder = "${folder}"\n`
}

test('calliope capture -config runs on the file of heplify-server as it is, over all four listeners', async () => {
  await using database = await testDatabase()
  using directory = temporaryDirectory()
  const file = join(directory.path, 'heplify-server.toml')
  writeFileSync(file, shippedFor(database.url, directory.path))
  const program = await startProgram(
    ['-config', file, '--data-dir', join(directory.path, 'data')],
    {
      ...{ command: 'capture', hasListeners: true },
    },
  )
  const ready = program.lines.find(({ msg }) => msg === 'ready')!
  const at = (name: 'health' | 'metrics', path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${(ready[name] as { port: number }).port}${path}`, { method })

  expect(program.udp.host).toBe('0.0.0.0')
  expect(await (await at('health', '/')).json()).toEqual({ ready: true, missing: [] })
  expect((await at('health', '/')).status).toBe(200)
  const statuses = [
    ...['/readyz', '/metrics', '/api/v1/ledger', '/api/v1/calls'].map((path) => at('health', path)),
    ...[at('health', '/', 'POST'), at('metrics', '/'), at('metrics', '/api/v1/calls')],
  ]
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([
    ...[200, 404, 404, 404],
    ...[405, 200, 404],
  ])
  expect(await (await at('metrics', '/metrics')).text()).toContain('calliope_')

  const frames = traffic(4)
  for (const transport of TRANSPORTS) await SEND[transport](program, frames)
  const ledger = await settledLedger(program, frames.length * TRANSPORTS.length)
  expect([ledger.received, ledger.rejected.total]).toEqual([frames.length * TRANSPORTS.length, 0])
  expect(existsSync(join(directory.path, 'heplify-server-cert.pem'))).toBe(true)
  const sent = `calliope_meter_frames_total ${frames.length * TRANSPORTS.length}\n`
  const metrics = await until(
    async () => await (await at('metrics', '/metrics')).text(),
    (text) => text.includes(sent),
  )
  expect(metrics).toContain('\nheplify_packets_total{')
  expect(metrics).toContain('\nheplify_method_response{target_name="",direction="",')

  const reports = program.lines.filter(({ keys }) => keys !== undefined)
  expect(reports).toHaveLength(1)
  const told = reports[0]!.keys as { key: string; kind: string; value: string }[]
  const inFile = [...SHIPPED.matchAll(/^(\w+)/gm)].map(([, key]) => key!)
  expect(inFile.filter((key) => !told.some((line) => line.key === key))).toEqual([])
  const password = decodeURIComponent(new URL(database.url).password)
  expect(JSON.stringify(program.lines)).not.toContain(password)
  expect(await program.stop()).toBe(0)
}, 30_000)

test('calliope check-config --heplify-config prints what is in force and the report, and no password', async () => {
  using directory = temporaryDirectory()
  const file = join(directory.path, 'h.toml')
  writeFileSync(file, SHIPPED)
  const { code, out } = await run(['check-config', '--heplify-config', file], {
    env: { HEPLIFYSERVER_DBDROPDAYS: '9' },
  })
  expect(code).toBe(0)
  expect(out).toMatch(/^database +postgres:\/\/homer:\*\*\*@db\.internal:5432\/homer_data /m)
  expect(out).toMatch(/^store\.retention +9d +HEPLIFYSERVER_DBDROPDAYS$/m)
  expect(out).toMatch(/^store\.partition +1h +.*h\.toml: DBPartSip$/m)
  expect(out).toMatch(/^DBBulk +200 +replaced +\S/m)
  expect(out).toMatch(/^DBPass +\(hidden\) +honoured/m)
  expect(out).not.toContain('HOMER-PASSWORD')
})

test('calliope capture ends with 2 on bad heplify keys, naming each', async () => {
  const { code, err } = await run([
    'capture',
    '-hepaddr',
    'nowhere',
    '-dbtimer',
    'soon',
    '-hepadr=x',
  ])
  expect(code).toBe(2)
  expect(err).toContain("-hepaddr: 'nowhere' is not allowed; give HOST:PORT")
  expect(err).toContain("-dbtimer: 'soon' is not allowed; give a whole number")
  expect(err).toContain('-hepadr: no such flag; did you mean -hepaddr?')
})
