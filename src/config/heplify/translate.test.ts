// Every key that heplify-server reads, as its reference lists them, one after the other: what became of
// it, and what is said.
import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { SETTINGS } from '../settings.ts'
import { HEPLIFY_KEYS } from './keys.ts'
import { heplifyManual, showReport } from './report.ts'
import { translateHeplify } from './translate.ts'

const KEYS = `HEPAddr HEPTCPAddr HEPTLSAddr HEPWSAddr HEPv2Enable ESAddr ESDiscovery ESUser ESPass
LokiURL LokiOrgID LokiBulk LokiTimer LokiBuffer LokiHEPFilter LokiIPPortLabels LokiFromToLabels
LokiCallIDLabels LokiAllowOutOfOrder LokiCustomLabels LineprotoURL LineprotoBulk LineprotoTimer
LineprotoBuffer LineprotoHEPFilter LineprotoIPPortLabels ForceHEPPayload PromAddr PromTargetIP
PromTargetName DBShema DBDriver DBAddr DBSSLMode DBUser DBPass DBDataTable DBConfTable DBBulk DBTimer
DBBuffer DBWorker DBRotate DBPartLog DBPartIsup DBPartSip DBPartQos DBDropDays DBDropDaysCall
DBDropDaysRegister DBDropDaysDefault DBDropOnStart DBUsageProtection DBUsageScheme DBPercentageUsage
DBMaxSize DBProcDropLimit Dedup DiscardMethod CensorMethod AlegIDs ForceALegID CustomHeader IgnoreCaseCH
SIPHeader LogDbg LogLvl LogStd LogSys Config ConfigHTTPAddr ConfigHTTPPW Version ScriptEnable ScriptEngine
ScriptFolder ScriptHEPFilter TLSCertFolder TLSMinVersion TLSCertFile TLSKeyFile TLSClientCAFile
TLSRequireClientCert`.split(/\s+/)

const translate = (keys: Record<string, unknown>) => {
  const entries = Object.entries(keys)
  const { settings, lines, problems } = translateHeplify(
    new Map(entries.map(([key, raw]) => [key, { raw, origin: `t.toml: ${key}` }])),
  )
  return {
    settings: Object.fromEntries([...settings].map(([key, { raw }]) => [key, raw])),
    lines: Object.fromEntries(lines.map((line) => [line.key, line])),
    problems: problems.map(({ where, message }) => `${where}: ${message}`),
    shown: showReport(lines),
  }
}

const POSTGRES = { DBDriver: 'postgres', DBAddr: 'db.internal:5433', DBUser: 'homer' }

test.each(KEYS)('translateHeplify has an answer to %s, and takes its default', (key) => {
  const { lines, problems, settings } = translate({ [key]: HEPLIFY_KEYS[key]!.byDefault })
  expect(problems).toEqual([])
  expect(lines[key]!.what.length).toBeGreaterThan(5)
  expect(['honoured', 'replaced', 'ignored']).toContain(lines[key]!.kind)
  for (const [setting, raw] of Object.entries(settings)) {
    const { kind } = SETTINGS[setting as keyof typeof SETTINGS]
    expect(kind.parse(raw), setting).toHaveProperty('value')
  }
})

test('HEPLIFY_KEYS holds the keys of the reference, and HTTPAddr besides', () => {
  expect(Object.keys(HEPLIFY_KEYS).sort()).toEqual([...KEYS, 'HTTPAddr'].sort())
})

test('docs/from-heplify-server.md holds every key as the table in code has it (npm run manual writes it)', async () => {
  const page = join(import.meta.dir, '../../../docs/from-heplify-server.md')
  expect(await Bun.file(page).text()).toContain(heplifyManual())
})

test('translateHeplify names the targets of metrics, each with its address', () => {
  const { settings } = translate({
    PromTargetIP: '10.0.0.1, 10.0.0.2',
    PromTargetName: 'proxy_in,proxy_out',
  })
  expect(settings).toMatchObject({
    'meter.sip': 'on',
    'meter.targets': ['10.0.0.1=proxy_in', '10.0.0.2=proxy_out'],
  })
})

test('translateHeplify opens what heplify-server opens, and nothing else', () => {
  const off = { 'hep.tcp': 'off', 'hep.tls': 'off', 'hep.ws': 'off' }
  expect(translate({}).settings).toEqual({
    ...off,
    'hep.udp': '0.0.0.0:9060',
    'http.metrics': '0.0.0.0:9096',
    'meter.sip': 'on',
  })
  const { settings } = translate({
    heptcpaddr: ':9061',
    PromAddr: '',
    HEPAddr: '::',
    HTTPAddr: ':80',
  })
  expect(settings).toEqual({
    ...off,
    'hep.udp': 'off',
    'hep.tcp': '0.0.0.0:9061',
    'http.metrics': 'off',
    'http.health': '0.0.0.0:80',
  })
})

describe('the database of heplify-server', () => {
  const urlOf = (keys: Record<string, unknown>) =>
    translate({ ...POSTGRES, ...keys }).settings.database

  test('translateHeplify makes one URL, in which a password may hold any sign', () => {
    expect(urlOf({})).toBe('postgres://homer@db.internal:5433/homer_data')
    expect(urlOf({ DBPass: 'p@/?#', DBSSLMode: 'require', DBDataTable: 'd' })).toBe(
      'postgres://homer:p%40%2F%3F%23@db.internal:5433/d?sslmode=require',
    )
    expect(urlOf({ DBAddr: '[::1]' })).toBe('postgres://homer@[::1]:5432/homer_data')
    expect(urlOf({ DBAddr: 'db1' })).toBe('postgres://homer@db1:5432/homer_data')
  })

  test('translateHeplify leaves references to secrets for later', () => {
    const of = (name: string) => `\${secret:aws:homer#${name}}`
    const keys = { DBAddr: `${of('host')}:${of('port')}`, DBUser: of('user'), DBPass: of('pass') }
    expect(urlOf(keys)).toBe(
      `postgres://${of('user')}:${of('pass')}@${of('host')}:${of('port')}/homer_data`,
    )
  })

  test('translateHeplify says where calls go when it is no PostgreSQL', () => {
    const { settings, lines } = translate({ DBAddr: 'my.internal:3306', DBPass: 'x' })
    expect(settings.database).toBe('embedded')
    expect(lines.DBDriver).toMatchObject({ value: 'mysql', kind: 'replaced', origin: 'default' })
    expect(lines.DBPass).toMatchObject({ value: '(hidden)', kind: 'ignored' })
    expect(translate({ LogLvl: 'info' }).settings).not.toHaveProperty('database')
  })

  test('translateHeplify drops nothing earlier than the longest wish', () => {
    const ageOf = (keys: Record<string, unknown>) => translate(keys).settings['store.retention']
    expect(ageOf({ DBDropDays: 7 })).toBe('7d')
    expect(ageOf({ DBDropDays: '7', DBDropDaysCall: 30, DBDropDaysDefault: 1 })).toBe('30d')
    expect(ageOf({ DBDropDays: 0, DBDropDaysRegister: 3 })).toBe('36500d')
    expect(ageOf({ DBDropDays: 7, DBRotate: false })).toBe('36500d')
    expect(translate({ DBDropDaysRegister: 3 }).lines.DBDropDaysRegister!.kind).toBe('replaced')
  })

  test.each([
    ['5m', '1h', 'replaced'],
    ['1h', '1h', 'honoured'],
    ['2h', '2h', 'honoured'],
    ['4h', '6h', 'replaced'],
    ['12h', '12h', 'honoured'],
    ['1d', '24h', 'honoured'],
    ['3d', '2h', 'replaced'],
  ])('translateHeplify makes partitions of %s ones of %s: %s', (span, hours, kind) => {
    const { settings, lines } = translate({ DBPartSip: span })
    expect([settings['store.partition'], lines.DBPartSip!.kind as string]).toEqual([hours, kind])
  })

  test('translateHeplify limits bytes by maxusage, and the share of the disk by percentage', () => {
    const keys = { DBUsageProtection: true, DBMaxSize: '30MB' }
    expect(translate(keys).settings).not.toHaveProperty('store.bytes_max')
    expect(translate(keys).settings['store.disk_percent']).toBe('80')
    expect(translate(keys).lines.DBMaxSize!.kind).toBe('ignored')
    const most = translate({ ...keys, DBUsageScheme: 'maxusage' })
    expect(most.settings['store.bytes_max']).toBe('30000000')
    expect(most.settings).not.toHaveProperty('store.disk_percent')
    expect(translate({ ...keys, DBUsageProtection: false }).lines.DBMaxSize!.kind).toBe('ignored')
  })
})

test('translateHeplify writes the tables of homer7 where they were written, by their spans and ages', () => {
  const homer7 = { ...POSTGRES, DBShema: 'homer7' }
  const { settings, lines } = translate({
    ...{ ...homer7, DBPartSip: '45m', DBPartLog: '3d', DBPartQos: '4h', DBDropDays: 7 },
    ...{ DBDropDaysCall: 30, DBWorker: 99, SIPHeader: ['callid', 'method'], ForceHEPPayload: [10] },
    ...{ DBUsageProtection: true, DBUsageScheme: 'maxusage', DBMaxSize: '30MB' },
  })
  expect(settings).toMatchObject({
    ...{ 'store.layouts': ['calls', 'homer7'], 'homer7.partition_sip': '45m' },
    ...{ 'homer7.partition_log': '2h', 'homer7.partition_qos': '6h', 'homer7.drop_days': '7' },
    ...{
      'homer7.drop_days_call': '30',
      'homer7.drop_days_register': '0',
      'store.retention': '30d',
    },
    ...{ 'homer7.connections': '32', 'homer7.bytes_max': '30000000' },
    ...{ 'homer7.sip_headers': ['callid', 'method'], 'homer7.force_hep_payload': ['10'] },
  })
  expect(lines.DBPartLog).toMatchObject({ kind: 'honoured' })
  expect(translate({ ...homer7, DBRotate: false }).settings['homer7.rotate']).toBe('off')
  const kept = translate({ ...homer7, DBDropDays: 0, DBDropDaysCall: 3 }).settings
  expect(kept).toMatchObject({ 'homer7.drop_days': '0', 'homer7.drop_days_call': '0' })
})

test('translateHeplify writes calls only where homer7 was not written', () => {
  for (const keys of [{ DBShema: 'homer5' }, { DBShema: 'homer7' }, { ...POSTGRES }]) {
    const { settings } = translate({ DBDropDays: 7, DBPartSip: '1h', ...keys })
    expect(Object.keys(settings).filter((key) => /homer7\.[^sf]|layouts/.test(key))).toEqual([])
  }
  expect(translate({ DBShema: 'homer7' }).lines.DBShema!.what).toContain('PostgreSQL only')
})

test('translateHeplify turns filters, levels and certificates into settings', () => {
  const { settings } = translate({
    ...{ DiscardMethod: ['OPTIONS', 'NOTIFY'], CensorMethod: 'MESSAGE', CustomHeader: 'X-A, X-B' },
    ...{ LogLvl: 'warning', HEPTLSAddr: ':9062', TLSCertFile: 'c.pem', TLSKeyFile: 'k.pem' },
    ...{ TLSClientCAFile: 'ca.pem', TLSRequireClientCert: 'T' },
  })
  expect(settings).toMatchObject({
    ...{ 'store.discard_methods': ['OPTIONS', 'NOTIFY'], 'store.censor_methods': ['MESSAGE'] },
    ...{ 'store.custom_headers': ['X-A', 'X-B'], 'log.level': 'warn', 'hep.tls': '0.0.0.0:9062' },
    ...{ 'hep.tls_cert': 'c.pem', 'hep.tls_key': 'k.pem', 'hep.tls_client_ca': 'ca.pem' },
  })
  const own = translate({ HEPTLSAddr: ':9062', TLSCertFolder: '/etc/h' }).settings
  expect(own['hep.tls_cert']).toBe('/etc/h/heplify-server-cert.pem')
  expect(translate({ TLSCertFolder: '/etc/h' }).settings).not.toHaveProperty('hep.tls_cert')
})

test('translateHeplify makes filters of Dedup, AlegIDs and ForceALegID, and leaves commas in expressions alone', () => {
  const { settings, problems } = translate({
    ...{ Dedup: true, AlegIDs: ['X-CID', 'X-Leg,^([a-z]{1,3})'], ForceALegID: true },
    ...{ DiscardMethod: ['OPTIONS'], CensorMethod: ['MESSAGE'] },
  })
  expect(problems).toEqual([])
  expect(settings).toMatchObject({
    ...{ 'filter.dedup': '500ms', 'filter.aleg_force': 'on' },
    'filter.aleg_ids': ['X-CID', 'X-Leg,^([a-z]{1,3})'],
    ...{ 'store.discard_methods': ['OPTIONS'], 'store.censor_methods': ['MESSAGE'] },
  })
})

test('translateHeplify takes the folder of scripts only when they are on, and says what runs there', () => {
  const scripts = { ScriptFolder: '/s', ScriptEngine: 'expr', ScriptHEPFilter: '1,100' }
  const on = translate({ ...scripts, ScriptEnable: true })
  expect(on.settings).toMatchObject({ 'filter.scripts': '/s', 'filter.script_types': ['1', '100'] })
  expect(on.lines.ScriptEngine).toMatchObject({ kind: 'replaced' })
  expect(on.lines.ScriptEngine!.what).toContain('TypeScript or JavaScript')
  const off = translate({ ...scripts, Dedup: false, ESUser: 'x' })
  expect(off.settings).not.toHaveProperty('filter.scripts')
  expect(off.lines.ScriptFolder).toMatchObject({ kind: 'ignored', what: 'ScriptEnable is off' })
  expect(off.lines.Dedup).toMatchObject({ kind: 'honoured', what: 'off, as there' })
  expect(off.lines.ESUser).toMatchObject({ kind: 'ignored', what: 'ESAddr is off' })
})

test('translateHeplify makes outlets of LokiURL, ESAddr and LineprotoURL, with their logins apart', () => {
  const { settings } = translate({
    ...{ LokiURL: 'http://me:p%40ss@loki:3100/api/prom/push', LokiOrgID: 'a b', LokiBulk: 9000 },
    ...{ LokiIPPortLabels: true, LokiCallIDLabels: true, LokiHEPFilter: [1, 100] },
    ...{ ESAddr: 'https://es.internal', ESUser: 'elastic', ESPass: '${secret:env:ES}' },
    LineprotoURL: 'http://influx:8086?db=hep',
  })
  expect(settings['relay.to']).toEqual([
    'elastic+https://es.internal:443?name=elastic',
    'loki+http://loki:3100/api/prom/push?name=loki&org=a%20b&labels=ip+call&types=1+100&batch=8192',
    'influx+http://influx:8086?name=influx&db=hep&types=1+5+100&batch=400',
  ])
  expect(settings['relay.auth']).toEqual([
    'elastic basic elastic:${secret:env:ES}',
    'loki basic me:p@ss',
  ])
  expect(translate({ LokiURL: '', LokiBulk: 1 }).settings).not.toHaveProperty('relay.to')
})

test('translateHeplify shows no secret, not even under a mistyped key or inside a URL', () => {
  const { shown } = translate({
    ...POSTGRES,
    ...{ DBPass: 'hunter1', DBPas: 'hunter2', ConfigHTTPPW: 'hunter3', ESPass: 'hunter4' },
    LokiURL: 'http://me:hunter5@loki:3100/push',
  })
  expect(shown).not.toContain('hunter')
  expect(shown).toMatch(/^DBPas .*ignored .*did you mean DBPass\?$/m)
})

test('translateHeplify tells every bad value at once: where, the value, what is allowed', () => {
  const { problems } = translate({
    ...{ HEPAddr: 'nowhere', DBDropDays: 'soon', DBPartSip: '1 hour', LogLvl: 'loud' },
    ...{ LokiURL: 'loki', DBUsageProtection: 'perhaps', DBDriver: 'postgres', DBAddr: 'unix:/run' },
    ...{ PromTargetIP: '10.0.0.1,10.0.0.2', PromTargetName: 'a', TLSRequireClientCert: true },
    ConfigHTTPPW: ['hunter2'],
  })
  const expected = [
    "t.toml: HEPAddr: 'nowhere' is not allowed; give HOST:PORT, :PORT, or '' for off",
    't.toml: TLSRequireClientCert: needs TLSClientCAFile',
    't.toml: ConfigHTTPPW: the value is not allowed; give a text',
    "t.toml: DBDropDays: 'soon' is not allowed; give a whole number from 0 to 36500",
    "t.toml: DBPartSip: '1 hour' is not allowed; give a span such as 30m, 2h or 1d",
    "t.toml: LogLvl: 'loud' is not allowed; give one of debug, info",
    "t.toml: LokiURL: 'loki' is not allowed; give http://",
    "t.toml: DBUsageProtection: 'perhaps' is not allowed; give true or false",
    "t.toml: DBAddr: 'unix:/run' is not allowed: the database is reached over TCP here",
    't.toml: PromTargetName: has 1 names for 2 addresses in PromTargetIP',
  ]
  for (const part of expected) expect(problems.join('\n')).toContain(part)
  expect(problems).toHaveLength(expected.length)
  expect(problems.join()).not.toContain('hunter')
})
