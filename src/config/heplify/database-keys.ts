// How heplify-server writes and forgets. It collects rows in memory and drops what it cannot store; here
// every packet is on disk before anything else, so sizes of batches and buffers are no longer choices
// between speed and loss.
import { databaseOf, isPostgres } from './database-url.ts'
import {
  type HeplifyKeys,
  honoured,
  ignored,
  type Outcome,
  replaced,
  type Values,
} from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'
import { homer7Ages, isHomer7, layoutsOf, spanOf, workersOf } from './homer7-tables.ts'

const NEVER_DAYS = 36_500
const DAYS_MAX = 36_500
const HOURS_OF_DAY = 24

const ofUrl = (key: string) => ({
  meaning: (v: Values): Outcome =>
    isPostgres(v)
      ? { kind: 'honoured', what: 'part of the URL in database' }
      : { kind: 'ignored', what: `DBDriver is ${v.text('DBDriver')}: ${key} leads nowhere` },
})

const ONE_WRITER =
  'one writer with several connections: calls of one batch are put together, which workers apart could not'
const days = kinds.number(0, DAYS_MAX)
const AGES = ['DBDropDays', 'DBDropDaysCall', 'DBDropDaysRegister', 'DBDropDaysDefault'] as const
const ONE_AGE =
  'one age for everything that belongs to a call: the longest of the four, so nothing goes early'
const ONE_SPAN =
  'kept in the partition of its call (DBPartSip), so that a call is found and dropped as one'
const WITH_CALL: Outcome = { kind: 'replaced', what: ONE_SPAN }

const ON_DISK =
  "store.disk_percent: the oldest partitions go while the database's disk is fuller; seen when it is on this machine, or by a role that may start programs, as there"

export const DATABASE_KEYS: HeplifyKeys = {
  DBShema: {
    value: kinds.choice('homer5', 'homer7'),
    byDefault: 'homer5',
    outcome: {
      kind: 'honoured',
      what: "homer7, with DBDriver postgres: store.layouts, homer7's tables and Calliope's own beside them; homer5: only the latter",
    },
    meaning: layoutsOf,
  },
  DBDriver: honoured(
    kinds.choice('mysql', 'postgres', 'mock'),
    'mysql',
    'postgres: database, from the keys below; mysql, mock: the embedded PostgreSQL, because only PostgreSQL is written to',
    { absent: ['DBAddr', 'DBUser', 'DBPass', 'DBDataTable'], meaning: databaseOf },
  ),
  DBAddr: honoured(kinds.text, 'localhost:3306', 'host and port in database', ofUrl('DBAddr')),
  DBSSLMode: honoured(
    kinds.choice('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
    'disable',
    'sslmode in database; not given: TLS when the server has it',
    ofUrl('DBSSLMode'),
  ),
  DBUser: honoured(kinds.text, 'root', 'user in database', ofUrl('DBUser')),
  DBPass: honoured(
    kinds.secret,
    '',
    'password in database; may be ${secret:aws:NAME#password} and the like, and then is asked again when it changes',
    ofUrl('DBPass'),
  ),
  DBDataTable: honoured(
    kinds.text,
    'homer_data',
    'name of the database in database; it has to exist',
    ofUrl('DBDataTable'),
  ),
  DBConfTable: ignored(
    kinds.text,
    'homer_configuration',
    'users and settings of Homer stay where they are; Calliope has its own beside the calls',
  ),

  DBBulk: replaced(
    kinds.number(1, 100_000_000),
    400,
    'batches go by bytes (store.batch_bytes), one COPY for all tables of calls, and one bad row is set aside alone',
  ),
  DBTimer: replaced(
    kinds.number(1, 86_400),
    4,
    'store.batch_wait, one second: a call is to be found at once, and waiting longer saves nothing here',
  ),
  DBBuffer: replaced(
    kinds.number(1, 1_000_000_000),
    400_000,
    'the spool, on disk (spool.bytes_max): it outlives restarts and outages of the database; nothing waits in memory',
  ),
  DBWorker: replaced(kinds.number(1, 10_000), 8, ONE_WRITER, {
    meaning: (v) => workersOf(v, { kind: 'replaced', what: ONE_WRITER }),
  }),
  DBRotate: honoured(
    kinds.flag,
    true,
    'true: partitions are made and dropped; false: made, as rows need them, and never dropped',
    {
      meaning: (v) =>
        v.flag('DBRotate')
          ? { kind: 'honoured', what: 'partitions are made and dropped' }
          : {
              kind: 'replaced',
              what: 'partitions are made, as rows need them, and never dropped',
              settings: {
                'store.retention': `${NEVER_DAYS}d`,
                ...(isHomer7(v) ? { 'homer7.rotate': 'off' } : {}),
              },
            },
    },
  ),
  DBPartSip: honoured(kinds.span, '2h', 'homer7.partition_sip; store.partition, of 1h to 24h', {
    meaning: (v) => spanOf(v, 'DBPartSip', 'homer7.partition_sip', partition(v)),
  }),
  DBPartLog: honoured(kinds.span, '2h', `homer7.partition_log; calls: ${ONE_SPAN}`, {
    meaning: (v) => spanOf(v, 'DBPartLog', 'homer7.partition_log', WITH_CALL),
  }),
  DBPartIsup: honoured(kinds.span, '6h', `homer7.partition_isup; calls: ${ONE_SPAN}`, {
    meaning: (v) => spanOf(v, 'DBPartIsup', 'homer7.partition_isup', WITH_CALL),
  }),
  DBPartQos: honoured(kinds.span, '6h', `homer7.partition_qos; calls: ${ONE_SPAN}`, {
    meaning: (v) => spanOf(v, 'DBPartQos', 'homer7.partition_qos', WITH_CALL),
  }),

  DBDropDays: honoured(days, 14, 'store.retention; 0: nothing is dropped for its age', {
    meaning: retention,
  }),
  DBDropDaysCall: replaced(days, 0, ONE_AGE, { meaning: retention }),
  DBDropDaysRegister: replaced(days, 0, ONE_AGE, { meaning: retention }),
  DBDropDaysDefault: replaced(days, 0, ONE_AGE, { meaning: retention }),
  DBDropOnStart: replaced(
    kinds.flag,
    false,
    'old partitions are looked for every minute, so also right after the start',
  ),
  DBUsageProtection: honoured(
    kinds.flag,
    false,
    'store.bytes_max or store.disk_percent, as DBUsageScheme says',
    { meaning: usage },
  ),
  DBUsageScheme: honoured(
    kinds.choice('percentage', 'maxusage'),
    'percentage',
    'maxusage: store.bytes_max; percentage: store.disk_percent',
    { partOf: 'DBUsageProtection', meaning: usage },
  ),
  DBPercentageUsage: honoured(kinds.percentage, '80%', ON_DISK, {
    partOf: 'DBUsageProtection',
    meaning: (v) =>
      v.text('DBUsageScheme') === 'percentage'
        ? usage(v)
        : { kind: 'ignored', what: 'DBUsageScheme is maxusage, as there' },
  }),
  DBMaxSize: honoured(kinds.size, '20GB', 'store.bytes_max, with DBUsageScheme maxusage', {
    partOf: 'DBUsageProtection',
    meaning: (v) =>
      v.text('DBUsageScheme') === 'maxusage'
        ? usage(v)
        : { kind: 'ignored', what: 'DBUsageScheme is percentage, as there' },
  }),
  DBProcDropLimit: replaced(
    kinds.number(0, 1_000_000),
    2,
    'as many of the oldest partitions go as are needed, the newest never',
  ),
}

// Per table there, for everything here: so the longest wish counts, and 0 of the first is "for ever".
function retention(v: Values): Outcome {
  if (!v.flag('DBRotate')) return { kind: 'ignored', what: 'DBRotate is false: nothing is dropped' }
  const [all, ...each] = AGES.map((key) => v.number(key))
  const longest = Math.max(...each.map((own) => own || all || NEVER_DAYS), all || NEVER_DAYS)
  const isOne = each.every((own) => own === 0 || own === all)
  const told =
    longest >= NEVER_DAYS ? 'nothing is dropped for its age' : `dropped after ${longest} d`
  const calls = isOne ? `store.retention: ${told}` : `${told}: ${ONE_AGE}`
  return {
    kind: isOne || isHomer7(v) ? 'honoured' : 'replaced',
    what: isHomer7(v) ? `homer7.drop_days and its like, as there; calls: ${calls}` : calls,
    settings: { 'store.retention': `${longest}d`, ...homer7Ages(v) },
  }
}

function partition(v: Values): Outcome {
  const span = v.text('DBPartSip')
  const hours = hoursOf(span)
  const isSame =
    hours === { m: 1 / 60, h: 1, d: HOURS_OF_DAY }[span.at(-1)!]! * Number(span.slice(0, -1))
  return {
    kind: isSame ? 'honoured' : 'replaced',
    what: isSame
      ? `store.partition: ${hours}h`
      : `store.partition: ${hours}h, as spans here are whole hours that divide a day`,
    settings: { 'store.partition': `${hours}h` },
  }
}

// heplify-server's steps, but for those under an hour: 24 times as many partitions slow down searching.
function hoursOf(span: string): number {
  const minutes =
    Number(span.slice(0, -1)) * { m: 1, h: 60, d: 1440 }[span.at(-1) as 'm' | 'h' | 'd']
  const hours = minutes / 60
  if (hours <= 1) return 1
  if (hours === HOURS_OF_DAY) return HOURS_OF_DAY
  if (hours >= 3 && hours <= 6) return 6
  if (hours >= 7 && hours <= 12) return 12
  return 2
}

function usage(v: Values): Outcome {
  if (!v.flag('DBUsageProtection')) return { kind: 'honoured', what: 'off, as there' }
  if (v.text('DBUsageScheme') === 'percentage') return percentUsage(v)
  return {
    kind: 'honoured',
    what: 'store.bytes_max: the oldest partitions are dropped beyond DBMaxSize',
    settings: {
      'store.bytes_max': String(v.number('DBMaxSize')),
      ...(isHomer7(v) ? { 'homer7.bytes_max': String(v.number('DBMaxSize')) } : {}),
    },
  }
}

function percentUsage(v: Values): Outcome {
  const percent = Math.min(99, Math.ceil(Number.parseFloat(v.text('DBPercentageUsage'))))
  return { kind: 'honoured', what: ON_DISK, settings: { 'store.disk_percent': String(percent) } }
}
