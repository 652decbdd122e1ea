// Where heplify-server sends copies: Loki, Elasticsearch, line protocol. Each becomes a destination of the
// relay room, which reads the spool at its own pace; buffers and timers of their own are not needed for it.
import { becomes, type HeplifyKeys, honoured, replaced, type Values } from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'
import { kibOf, outletOf, typesOf } from './outlet-url.ts'

const many = kinds.number(1, 1_000_000_000)
const ofLoki = { partOf: 'LokiURL' } as const
const ofElastic = { partOf: 'ESAddr' } as const
const ofLines = { partOf: 'LineprotoURL' } as const

const TIMER = 'relay.batch_wait, a fifth of a second; a request goes when it is full or that old'
const BUFFER = 'the spool, on disk: an outlet that is away loses nothing while there is room'
const BULK = 'KiB of a request (batch= in relay.to), at most 8192'
const FILTER = 'types= in relay.to'

export const OUTLET_KEYS: HeplifyKeys = {
  ESAddr: honoured(kinds.url, '', 'elastic+URL in relay.to', {
    meaning: (v) =>
      outletOf('elastic', 'ESAddr', v, {}, { user: v.text('ESUser'), password: v.text('ESPass') }),
  }),
  ESDiscovery: replaced(
    kinds.flag,
    true,
    'the address given is used and no other; several nodes: relay.to, a blank between them',
    ofElastic,
  ),
  ESUser: honoured(kinds.text, '', 'relay.auth', ofElastic),
  ESPass: honoured(kinds.secret, '', 'relay.auth', ofElastic),

  LokiURL: honoured(kinds.url, '', 'loki+URL in relay.to; a login in the URL goes to relay.auth', {
    meaning: (v) => outletOf('loki', 'LokiURL', v, lokiOptions(v)),
  }),
  LokiOrgID: honoured(kinds.text, '', 'X-Scope-OrgID (org= in relay.to)', ofLoki),
  LokiBulk: honoured(many, 400, BULK, ofLoki),
  LokiTimer: replaced(many, 4, TIMER, ofLoki),
  LokiBuffer: replaced(many, 100_000, BUFFER, ofLoki),
  LokiHEPFilter: honoured(kinds.numbers, '1,5,100', FILTER, ofLoki),
  LokiIPPortLabels: honoured(kinds.flag, false, 'labels=ip in relay.to', ofLoki),
  LokiFromToLabels: honoured(kinds.flag, false, 'labels=parties in relay.to', ofLoki),
  LokiCallIDLabels: honoured(kinds.flag, false, 'labels=call in relay.to', ofLoki),
  LokiAllowOutOfOrder: replaced(
    kinds.flag,
    false,
    "an entry always keeps the packet's own time, which Loki takes in any order since 2.4",
    ofLoki,
  ),
  LokiCustomLabels: becomes(
    'filter.loki_labels',
    kinds.texts,
    '',
    (v) => v.list('LokiCustomLabels'),
    ': those that scripts may set with SetLokiLabel',
    ofLoki,
  ),

  LineprotoURL: honoured(kinds.url, '', 'influx+URL in relay.to; db= and rp= of the URL are kept', {
    meaning: (v) =>
      outletOf('influx', 'LineprotoURL', v, {
        types: typesOf(v.list('LineprotoHEPFilter')),
        batch: kibOf(v.number('LineprotoBulk')),
      }),
  }),
  LineprotoBulk: honoured(many, 400, BULK, ofLines),
  LineprotoTimer: replaced(many, 4, TIMER, ofLines),
  LineprotoBuffer: replaced(many, 100_000, BUFFER, ofLines),
  LineprotoHEPFilter: honoured(kinds.numbers, '1,5,100', FILTER, ofLines),
  LineprotoIPPortLabels: replaced(
    kinds.flag,
    false,
    'addresses and ports are tags of every line',
    ofLines,
  ),
}

function lokiOptions(v: Values): Record<string, string> {
  const labels = [
    ...(v.flag('LokiIPPortLabels') ? ['ip'] : []),
    ...(v.flag('LokiFromToLabels') ? ['parties'] : []),
    ...(v.flag('LokiCallIDLabels') ? ['call'] : []),
  ]
  return {
    org: encodeURIComponent(v.text('LokiOrgID')),
    labels: labels.join('+'),
    types: typesOf(v.list('LokiHEPFilter')),
    batch: kibOf(v.number('LokiBulk')),
  }
}
