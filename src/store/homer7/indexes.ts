// The indexes of a partition. `full` are heplify-server's, by its names; they are most of what a row
// costs. `lean` keeps those that homer-app's searches live on, and takes a BRIN for the time: rows come
// nearly in its order, so that a few pages of it do what a tree as large as the raw text's third does.
import type { Homer7Table, IndexKind } from './tables.ts'

export type IndexSet = 'full' | 'lean'

interface Index {
  /** Ends its name. PostgreSQL folds names that are not quoted, so those of `srcIp` end in `_srcip`. */
  readonly name: string
  readonly on: string
}

const column = (name: string): Index => ({ name, on: `(${name})` })
const key =
  (header: 'protocol_header' | 'data_header') =>
  (name: string): Index => ({
    name,
    on: `((${header}->>'${name}'))`,
  })
const proto = key('protocol_header')
const data = key('data_header')

const PROTOCOL_KEYS = ['srcIp', 'dstIp', 'correlation_id'].map(proto)
const SIP_KEYS = [
  ...['ruri_domain', 'ruri_user', 'from_user', 'to_user', 'pid_user', 'auth_user', 'callid'],
  'method',
].map(data)
const ISUP_KEYS = [
  ...['called_number', 'calling_number', 'opc', 'dpc', 'cic', 'msg_name', 'callid'],
].map(data)
const BOTH = [column('create_date'), column('sid')]

const FULL: Readonly<Record<IndexKind, readonly Index[]>> = {
  sip: [...BOTH, ...PROTOCOL_KEYS, ...SIP_KEYS],
  isup: [...BOTH, proto('correlation_id'), ...ISUP_KEYS],
  other: [...BOTH, ...PROTOCOL_KEYS],
}

const TIME: Index = {
  name: 'create_date',
  on: 'using brin (create_date) with (pages_per_range = 16)',
}

const LEAN: Readonly<Record<IndexKind, readonly Index[]>> = {
  sip: [TIME, column('sid'), ...['from_user', 'to_user', 'ruri_user', 'callid'].map(data)],
  isup: [TIME, column('sid'), ...['called_number', 'calling_number'].map(data)],
  other: [TIME, column('sid')],
}

/** Makes the indexes of a partition of a table. */
export function indexStatements(
  { index }: Homer7Table,
  partition: string,
  set: IndexSet,
): string[] {
  const wanted = (set === 'full' ? FULL : LEAN)[index]
  return wanted.map(
    ({ name, on }) => `create index if not exists ${partition}_${name} on ${partition} ${on}`,
  )
}
