// Which tables messages go to, and what those of homer7 are like: the part of settings.ts that
// src/store/homer7 goes by.
import { bytes, choice, databaseUrl, integer, type Kind, list, text } from './kinds.ts'
import type { Setting } from './settings.ts'

// As `setting` in settings.ts, which cannot be used while that file is being loaded.
const entry = <Value>(kind: Setting<Value>['kind'], byDefault: Value, help: string) => ({
  ...{ kind, byDefault, help },
})

const MIB = 2 ** 20
const DAYS_MAX = 36_500
const MINUTE_MS = 60_000

/** heplify-server's spans of a partition; all divide a day. */
const SPANS: Readonly<Record<string, number>> = {
  ...{ '5m': 5, '10m': 10, '15m': 15, '20m': 20, '30m': 30, '45m': 45 },
  ...{ '1h': 60, '2h': 120, '6h': 360, '12h': 720, '1d': 1440 },
}

const span: Kind<number> = {
  placeholder: 'TIME',
  parse: (raw) => {
    const value = typeof raw === 'number' ? raw : (SPANS[String(raw)] ?? 0) * MINUTE_MS
    if (Object.values(SPANS).includes(value / MINUTE_MS)) return { value }
    return { allowed: `one of ${Object.keys(SPANS).join(', ')}` }
  },
}

const otherDatabase: Kind<string> = {
  ...databaseUrl,
  parse: (raw) =>
    raw === 'store' || raw === 'embedded' ? { value: 'store' } : databaseUrl.parse(raw),
}

const span2h = 120 * MINUTE_MS
const span6h = 360 * MINUTE_MS
const NONE: readonly string[] = []

export const HOMER7_SETTINGS = {
  'store.layouts': entry(
    list(choice('calls', 'homer7')),
    ['calls'] as readonly ('calls' | 'homer7')[],
    "which tables messages go to: calls (Calliope's own), homer7 (heplify-server's, for homer-app), or both",
  ),
  'homer7.database': entry(
    otherDatabase,
    'store',
    "where homer7's tables are: 'store' (in database), or the URL of another PostgreSQL",
  ),
  'homer7.connections': entry(
    integer(1, 32),
    4,
    'batches written side by side; PostgreSQL uses a core for each',
  ),
  'homer7.batch_bytes': entry(
    bytes(4 * 1024, 64 * MIB),
    4 * MIB,
    'a batch with so many bytes of rows goes at once; sooner after store.batch_wait',
  ),
  'homer7.indexes': entry(
    choice('full', 'lean'),
    'full',
    "full: those of heplify-server; lean: those homer-app's usual searches need, half as many",
  ),
  'homer7.rotate': entry(
    choice('on', 'off'),
    'on',
    'on: partitions are made ahead and dropped; off: only made, when a row needs one',
  ),
  'homer7.partition_sip': entry(span, span2h, 'time span of a partition of SIP (5m to 1d)'),
  'homer7.partition_log': entry(span, span2h, 'the same of logs and DNS'),
  'homer7.partition_isup': entry(span, span6h, 'the same of ISUP'),
  'homer7.partition_qos': entry(span, span6h, 'the same of RTCP and reports'),
  'homer7.drop_days': entry(
    integer(0, DAYS_MAX),
    14,
    'days that are kept, today among them; 0 = all',
  ),
  'homer7.drop_days_call': entry(integer(0, DAYS_MAX), 0, 'for calls; 0 = as homer7.drop_days'),
  'homer7.drop_days_register': entry(
    integer(0, DAYS_MAX),
    0,
    'for registrations; 0 = as homer7.drop_days',
  ),
  'homer7.drop_days_default': entry(
    integer(0, DAYS_MAX),
    0,
    'for other SIP; 0 = as homer7.drop_days',
  ),
  'homer7.bytes_max': entry(
    bytes(0),
    0,
    'oldest partitions are dropped beyond this size of all of them; 0 = no limit',
  ),
  'homer7.sip_headers': entry(
    list(text),
    NONE,
    "fields of data_header, by heplify-server's names; empty = its own ten. store.custom_headers are added",
  ),
  'homer7.force_hep_payload': entry(
    list(integer(0, 65_535)),
    [] as readonly number[],
    'protocol types whose payload (JSON) goes into data_header',
  ),
} as const
