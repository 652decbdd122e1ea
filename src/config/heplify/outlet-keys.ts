// Where heplify-server sends copies: Loki, Elasticsearch, line protocol. None of them is served yet; what
// they would have got is stored all the same, and can be searched here.
import { type HeplifyKeys, notYet } from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'

const many = kinds.number(1, 1_000_000_000)
const LOKI = 'nothing is sent to Loki yet; every message is stored and searched here'
const ELASTIC = 'nothing is sent to Elasticsearch yet; every message is stored and searched here'
const LINES = 'nothing is sent as line protocol yet; every message is stored and searched here'
const ofLoki = { partOf: 'LokiURL' } as const
const ofElastic = { partOf: 'ESAddr' } as const
const ofLines = { partOf: 'LineprotoURL' } as const

export const OUTLET_KEYS: HeplifyKeys = {
  ESAddr: notYet(kinds.url, '', ELASTIC),
  ESDiscovery: notYet(kinds.flag, true, ELASTIC, ofElastic),
  ESUser: notYet(kinds.text, '', ELASTIC, ofElastic),
  ESPass: notYet(kinds.secret, '', ELASTIC, ofElastic),

  LokiURL: notYet(kinds.url, '', LOKI),
  LokiOrgID: notYet(kinds.text, '', LOKI, ofLoki),
  LokiBulk: notYet(many, 400, LOKI, ofLoki),
  LokiTimer: notYet(many, 4, LOKI, ofLoki),
  LokiBuffer: notYet(many, 100_000, LOKI, ofLoki),
  LokiHEPFilter: notYet(kinds.numbers, '1,5,100', LOKI, ofLoki),
  LokiIPPortLabels: notYet(kinds.flag, false, LOKI, ofLoki),
  LokiFromToLabels: notYet(kinds.flag, false, LOKI, ofLoki),
  LokiCallIDLabels: notYet(kinds.flag, false, LOKI, ofLoki),
  LokiAllowOutOfOrder: notYet(kinds.flag, false, LOKI, ofLoki),
  LokiCustomLabels: notYet(kinds.texts, '', LOKI, ofLoki),

  LineprotoURL: notYet(kinds.url, '', LINES),
  LineprotoBulk: notYet(many, 400, LINES, ofLines),
  LineprotoTimer: notYet(many, 4, LINES, ofLines),
  LineprotoBuffer: notYet(many, 100_000, LINES, ofLines),
  LineprotoHEPFilter: notYet(kinds.numbers, '1,5,100', LINES, ofLines),
  LineprotoIPPortLabels: notYet(kinds.flag, false, LINES, ofLines),
}
