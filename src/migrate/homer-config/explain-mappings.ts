// What homer-app's mappings mean here: each field it searches as a term of the query language, each rule
// of correlation as something Calliope does by itself, or does not. Nothing has to be set for the ones;
// for the others this says what can be.
import type { HomerField, HomerMapping, HomerRule } from './read-homer-config.ts'

/** A field or a rule, and what it is here. */
export interface MappingNote {
  /** '1 call': HEP type and profile. */
  readonly mapping: string
  readonly what: string
  readonly here: string
  /** False: somebody has to do something, or it cannot be had. */
  readonly isCovered: boolean
}

export interface ExplainedMappings {
  readonly notes: readonly MappingNote[]
  /** Headers to keep in `store.custom_headers`, so that they are found fast. */
  readonly customHeaders: readonly string[]
}

const TERMS: Readonly<Record<string, string>> = {
  sid: 'callid:',
  raw: 'text:',
  node: 'every node is searched',
  smartinput: 'terms side by side, -not, a|b',
  profile: 'method:, protocol:',
  create_date: 'the time range',
  limit: 'pages',
  'protocol_header.correlation_id': 'callid: (legs are joined by it)',
  'protocol_header.protocolFamily': 'ip:',
  'protocol_header.protocol': 'text: (Via)',
  'protocol_header.srcIp': 'ip:, src:',
  'protocol_header.dstIp': 'ip:, dst:',
  'protocol_header.srcPort': 'seen in the call',
  'protocol_header.dstPort': 'seen in the call',
  'protocol_header.timeSeconds': 'the time range',
  'protocol_header.timeUseconds': 'the time range',
  'protocol_header.payloadType': 'protocol:',
  'protocol_header.captureId': 'node:, capture:',
  'protocol_header.capturePass': 'keys are never stored',
  'data_header.method': 'method:, and status: for responses',
  'data_header.callid': 'callid:',
  'data_header.callid_aleg': 'callid: (legs are joined by it)',
  'data_header.from_user': 'from:',
  'data_header.from_domain': 'from:@DOMAIN',
  'data_header.from_tag': 'header.From:*tag=TAG*',
  'data_header.to_user': 'to:',
  'data_header.to_domain': 'to:@DOMAIN',
  'data_header.to_tag': 'header.To:*tag=TAG*',
  'data_header.ruri_user': 'ruri:',
  'data_header.ruri_domain': 'ruri:@DOMAIN',
  'data_header.user_agent': 'ua:',
  'data_header.server': 'ua:',
  'data_header.cseq': 'header.CSeq:',
  'data_header.protocol': 'protocol:',
  'data_header.via': 'header.Via:',
  'data_header.contact_user': 'header.Contact:*USER@*',
  'data_header.contact_domain': 'header.Contact:*@DOMAIN*',
  'data_header.pid_user': 'header.P-Asserted-Identity:*USER*',
  'data_header.auth_user': 'header.Authorization:*USER*',
  'data_header.content_type': 'header.Content-Type:',
  'data_header.reason': 'header.Reason:',
  'data_header.diversion': 'header.Diversion:',
  'data_header.expires': 'header.Expires:',
  'data_header.node': 'node:',
  'data_header.proto': 'protocol:',
}

const HEADER = /^data_header\.([A-Za-z][\w-]{0,63})$/
/** What heplify-server puts there for SIP is of small letters and underscores. */
const CUSTOM = /[A-Z-]/

/** Goes through all mappings; what several say alike is said once. */
export function explainMappings(mappings: readonly HomerMapping[]): ExplainedMappings {
  const notes = mappings.filter(isHep).flatMap(({ hepId, profile, fields, rules }) => {
    const mapping = `${hepId} ${profile}`
    return [
      ...fields.flatMap((field) => explainField(mapping, field)),
      ...rules.map((rule) => explainRule(mapping, rule)),
    ]
  })
  const customHeaders = mappings
    .filter(isHep)
    .flatMap(({ fields }) => fields.flatMap(customHeaderOf))
  return { notes, customHeaders: [...new Set(customHeaders)] }
}

/** Others stand for what homer-app asks elsewhere: 2000 is Loki. */
const isHep = ({ hepId }: HomerMapping): boolean => hepId <= 255

function customHeaderOf({ id }: HomerField): string[] {
  const name = HEADER.exec(String(id))?.[1]
  return name !== undefined && TERMS[String(id)] === undefined && CUSTOM.test(name) ? [name] : []
}

function explainField(mapping: string, field: HomerField): MappingNote[] {
  const id = String(field.id ?? '')
  if (id === '') return []
  const note = (here: string, isCovered: boolean) => [{ mapping, what: id, here, isCovered }]
  const term = TERMS[id]
  if (term) return note(term, true)
  const [header] = customHeaderOf(field)
  if (header) return note(`header.${header}: (store.custom_headers makes it fast)`, false)
  return note('no term of its own; text: finds it', false)
}

const SCRIPTS = ['input_function_js', 'input_script', 'output_script'] as const
const BY_ID = /^(sid|data_header\.callid|data_header->>'callid'|protocol_header\.correlation_id)$/

function explainRule(mapping: string, rule: HomerRule): MappingNote {
  const { source_field, lookup_id, lookup_profile, lookup_field } = rule
  const what = `${source_field} → ${lookup_id} ${lookup_profile} ${lookup_field}`
  const scripts = SCRIPTS.map((name) => String(rule[name] ?? '')).filter(Boolean)
  const covered = (here: string) => ({ mapping, what, here, isCovered: true })
  if (scripts.length > 0) {
    if (scripts.every((script) => /_(b2b|pbx)-\d/.test(script)))
      return covered('joined by itself: Call-IDs with an ending such as _b2b-1')
    const here =
      'not done: a script. Legs are joined by X-CID, Session-ID, ICID, Replaces, Refer-To … by themselves; see docs/calls.md'
    return { mapping, what, here, isCovered: false }
  }
  if (BY_ID.test(String(source_field)) && BY_ID.test(String(lookup_field)))
    return covered('joined by itself: Call-ID or correlation id')
  const here =
    'not done: joins by another field. Let the agent send a correlation id (HEP chunk 17)'
  return { mapping, what, here, isCovered: false }
}
