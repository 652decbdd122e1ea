// What the pages of homer-app ask for, as its pages put it, and how an answer is made comparable: rows in
// the order of their time and bytes, without the ids that each table gives anew.

export interface Asked {
  readonly timestamp: { readonly from: number; readonly to: number }
}

export interface Question {
  readonly name: string
  readonly path: string
  readonly body: (asked: Asked, node: string) => unknown
  /** An answer as lines that are the same for the same calls. */
  readonly plain: (answer: string) => readonly string[]
}

/** Search answers with 201, as homer-app has it. */
export const ANSWERED = [200, 201]

const ROWS_MAX = 20_000

const request = (asked: Asked, node: string, key: string, search: unknown) => ({
  config: { protocol_id: { name: 'SIP', value: 1 }, protocol_profile: { name: key, value: key } },
  param: {
    transaction: {},
    limit: ROWS_MAX,
    search: { [key]: search },
    orlogic: false,
    whitelist: [],
    location: { node: [node] },
    timezone: { value: 0, name: 'UTC' },
  },
  timestamp: asked.timestamp,
})

type Term = readonly [name: string, value: string, type?: string]

function search(key: string, ...terms: readonly Term[]): Question {
  const items = [...terms, ['limit', String(ROWS_MAX)] as Term].map(([name, value, type]) => ({
    ...{ name, value, type: type ?? 'string', hepid: Number(key.split('_')[0]) },
  }))
  return {
    name: `search ${key} ${terms.map(([name, value]) => `${name} ${value}`).join(', ')}`,
    path: '/search/call/data',
    body: (asked, node) => request(asked, node, key, items),
    plain: rowLines,
  }
}

/** Searches: the first answers with every message of a call. */
export const QUESTIONS: readonly Question[] = [
  search('1_call'),
  search('1_registration'),
  search('1_default'),
  search('100_default'),
  search('1_call', ['data_header.method', 'INVITE']),
  search('1_call', ['data_header.method', 'INVITE;BYE;200']),
  search('1_call', ['data_header.method', '!=INVITE']),
  search('1_call', ['data_header.from_user', '%49%']),
  search('1_call', ['data_header.to_user', '%1'], ['data_header.method', 'INVITE']),
  search('1_call', ['data_header.ruri_user', '%2%']),
  search('1_call', ['data_header.user_agent', '%']),
  search('1_call', ['protocol_header.srcIp', '192.0.2.1']),
  search('1_call', ['protocol_header.srcPort', '5060', 'integer']),
  search('1_call', ['protocol_header.correlation_id', '%@%']),
  search('1_call', ['raw', '%application/sdp%']),
  search('1_call', [
    'smartinput',
    "data_header.method = 'INVITE' AND data_header.from_user = '%4%'",
  ]),
  search('1_registration', ['data_header.method', '401']),
  search('1_default', ['data_header.method', 'OPTIONS']),
]

/** The flow of a call, its messages, reports and exports. */
export function questionsOfCall(callId: string): readonly Question[] {
  const of = (path: string, plain: Question['plain'], key = '1_call'): Question => ({
    ...{ name: `${path} ${callId}`, path, plain },
    body: (asked, node) => request(asked, node, key, { id: 0, callid: [callId], uuid: [] }),
  })
  return [
    of('/call/transaction', flowLines),
    of('/call/report/qos', (answer) => {
      const { rtcp, rtp } = JSON.parse(answer)
      return [...rowLines(JSON.stringify(rtcp)), ...rowLines(JSON.stringify(rtp))]
    }),
    of('/call/report/log', rowLines),
    of('/export/call/messages/text', (answer) => answer.split('\r\n')),
    of('/export/call/messages/pcap', (answer) => [Bun.hash(answer).toString(16)]),
  ]
}

type Row = Readonly<Record<string, unknown>>

// `node` and `dbnode` name the node that was asked.
const PRIVATE = new Set(['id', 'uuid', 'node', 'dbnode'])

const plainRow = (row: Row): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => !PRIVATE.has(name))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  )

const linesOf = (rows: readonly Row[] | undefined): string[] => (rows ?? []).map(plainRow).sort()

function rowLines(answer: string): readonly string[] {
  const { data, keys, total } = JSON.parse(answer) as {
    data: Row[]
    keys?: string[]
    total: number
  }
  return [`${total}`, ...(keys ?? []).toSorted(), ...linesOf(data)]
}

function flowLines(answer: string): readonly string[] {
  const { data, total } = JSON.parse(answer)
  return [
    `${total}`,
    ...linesOf(data.messages),
    ...linesOf(data.calldata),
    JSON.stringify(data.hosts),
    JSON.stringify(data.alias),
  ]
}
