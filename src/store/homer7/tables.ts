// The tables of homer7, as heplify-server makes them and homer-app reads them: one for each kind of
// message, all with the same columns, partitioned by the time of the message.
//
//   hep_proto_1_call · _registration · _default      SIP, by its CSeq method
//   hep_proto_5_default                              RTCP
//   hep_proto_35_default                             every other type: 34, 35, 38, 200 …
//   hep_proto_53_default · 54 · 100                  DNS, ISUP, logs
//
// heplify-server writes to 53 and never makes it; here it is made.

/** Which of DBPartSip, DBPartQos, DBPartIsup, DBPartLog says how long a partition is. */
export type PartitionKind = 'sip' | 'qos' | 'isup' | 'log'
/** Which of DBDropDaysCall, …Register, …Default, DBDropDays says when it goes. */
export type DropKind = 'call' | 'registration' | 'default' | 'other'
/** Which indexes its partitions have. */
export type IndexKind = 'sip' | 'isup' | 'other'

export interface Homer7Table {
  readonly name: string
  readonly partition: PartitionKind
  readonly drop: DropKind
  readonly index: IndexKind
}

const table = (
  name: string,
  partition: PartitionKind,
  drop: DropKind,
  index: IndexKind,
): Homer7Table => ({ name: `hep_proto_${name}`, partition, drop, index })

export const CALL = table('1_call', 'sip', 'call', 'sip')
export const REGISTRATION = table('1_registration', 'sip', 'registration', 'sip')
export const DEFAULT = table('1_default', 'sip', 'default', 'sip')
const RTCP = table('5_default', 'qos', 'other', 'other')
export const REPORT = table('35_default', 'qos', 'other', 'other')
const DNS = table('53_default', 'log', 'other', 'other')
export const ISUP = table('54_default', 'isup', 'other', 'isup')
const LOG = table('100_default', 'log', 'other', 'other')

export const TABLES: readonly Homer7Table[] = [
  ...[CALL, REGISTRATION, DEFAULT],
  ...[RTCP, REPORT, DNS, ISUP, LOG],
]

const BY_TYPE: Readonly<Record<number, Homer7Table>> = { 5: RTCP, 53: DNS, 54: ISUP, 100: LOG }

/** Where a message of any protocol but SIP goes. */
export const tableOfType = (protocolType: number): Homer7Table => BY_TYPE[protocolType] ?? REPORT

const CALL_METHODS = new Set([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'UPDATE', 'PRACK', 'REFER', 'INFO', 'NOTIFY'],
])

/** Where a SIP message goes, by the method in its CSeq. */
export function tableOfMethod(cseqMethod: string): Homer7Table {
  if (CALL_METHODS.has(cseqMethod)) return CALL
  return cseqMethod === 'REGISTER' ? REGISTRATION : DEFAULT
}

/** What is given in a row; `id` is the table's own. */
export const COLUMNS = 'sid, create_date, protocol_header, data_header, raw'

/** Makes one of the tables. */
export const createTableSql = (name: string): string => `create table if not exists ${name} (
  id bigserial not null,
  sid varchar not null,
  create_date timestamp with time zone default current_timestamp not null,
  protocol_header jsonb not null,
  data_header jsonb not null,
  raw varchar not null
) partition by range (create_date)`

/** Beside them, ours: how far each lane is stored, and rows that PostgreSQL would not take. */
export const CURSOR_TABLE = 'calliope_homer7_cursors'
export const SET_ASIDE_TABLE = 'calliope_homer7_set_aside'

export const OWN_TABLES_SQL: Readonly<Record<string, string>> = {
  [CURSOR_TABLE]: `create table ${CURSOR_TABLE} (
    spool_id text not null,
    lane text not null,
    file bigint not null,
    byte_offset bigint not null,
    records bigint not null,
    stored bigint not null default 0,
    rejected jsonb not null default '{}',
    dropped jsonb not null default '{}',
    intake jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    primary key (spool_id, lane)
  )`,
  [SET_ASIDE_TABLE]: `create table ${SET_ASIDE_TABLE} (
    id bigint generated always as identity primary key,
    stored_at timestamptz not null default now(),
    table_name text not null,
    create_date timestamptz not null,
    reason text not null,
    sid bytea not null,
    protocol_header bytea not null,
    data_header bytea not null,
    raw bytea not null
  )`,
}
