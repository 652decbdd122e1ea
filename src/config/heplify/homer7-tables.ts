// heplify-server's tables of homer7, which are written beside Calliope's own when its configuration asks
// for them (DBShema = "homer7" and a PostgreSQL).
import { isPostgres } from './database-url.ts'
import type { Outcome, Values } from './heplify-key.ts'

export const isHomer7 = (v: Values): boolean => isPostgres(v) && v.text('DBShema') === 'homer7'

/** Where calls go, by DBShema and DBDriver. */
export function layoutsOf(v: Values): Outcome {
  if (isHomer7(v))
    return {
      kind: 'honoured',
      what: 'store.layouts: the tables of homer7, which homer-app goes on reading, and calls in tables of Calliope beside them; homer7 alone: --store-layouts homer7',
      settings: { 'store.layouts': ['calls', 'homer7'] },
    }
  const why =
    v.text('DBShema') === 'homer7'
      ? 'homer7 is written into PostgreSQL only'
      : 'homer5 is not written'
  return { kind: 'replaced', what: `${why}: calls lie in tables of Calliope's own` }
}

/** A span as heplify-server rounds it, where the tables of homer7 are written. */
export function spanOf(v: Values, key: string, setting: SpanSetting, otherwise: Outcome): Outcome {
  if (!isHomer7(v)) return otherwise
  const step = stepOf(v.text(key))
  return {
    kind: 'honoured',
    what: `${setting}: ${step}, as there; in tables of Calliope: ${otherwise.what}`,
    settings: { ...otherwise.settings, [setting]: step },
  }
}

type SpanSetting =
  | 'homer7.partition_sip'
  | 'homer7.partition_log'
  | 'homer7.partition_isup'
  | 'homer7.partition_qos'

const STEPS: readonly (readonly [step: string, spans: readonly string[]])[] = [
  ...['5m', '10m', '15m', '20m'].map((span) => [span, [span]] as const),
  ['30m', ['25m', '30m']],
  ['45m', ['35m', '40m', '45m']],
  ['1h', ['50m', '55m', '60m', '1h']],
  ['6h', ['3h', '4h', '5h', '6h']],
  ['12h', ['7h', '8h', '9h', '10h', '11h', '12h']],
  ['1d', ['24h', '1d']],
]

// What it does not know becomes two hours.
const stepOf = (span: string): string =>
  STEPS.find(([, spans]) => spans.includes(span))?.[0] ?? '2h'

/** How long each kind is kept there: 0 of the first means for ever, whatever the others say. */
export function homer7Ages(v: Values): NonNullable<Outcome['settings']> {
  if (!isHomer7(v)) return {}
  const all = v.number('DBDropDays')
  const daysOf = (key: string) => String(all === 0 ? 0 : v.number(key))
  return {
    'homer7.drop_days': String(all),
    'homer7.drop_days_call': daysOf('DBDropDaysCall'),
    'homer7.drop_days_register': daysOf('DBDropDaysRegister'),
    'homer7.drop_days_default': daysOf('DBDropDaysDefault'),
  }
}

const CONNECTIONS_MAX = 32

/** Its workers, each with a connection, write side by side; so do our batches. */
export function workersOf(v: Values, otherwise: Outcome): Outcome {
  if (!isHomer7(v)) return otherwise
  const connections = Math.min(v.number('DBWorker'), CONNECTIONS_MAX)
  return {
    kind: 'honoured',
    what: `homer7.connections: ${connections} batches side by side; for calls ${otherwise.what}`,
    settings: { 'homer7.connections': String(connections) },
  }
}
