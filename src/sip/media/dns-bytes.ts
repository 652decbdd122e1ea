// A DNS message as it is on the wire (RFC 1035 §4): a head of 12 bytes, questions, records. Names are read with
// their compression; a pointer must point back, so that no name is without end. What is cut short ends the
// reading, and what came before it holds.
import type { DnsReport } from './report.ts'

const HEAD_BYTES = 12
/** The first ones are kept. */
export const ANSWERS_MAX = 16
const LABELS_MAX = 128
const JUMPS_MAX = 16
const TYPES: Readonly<Record<number, string>> = {
  ...{ 1: 'A', 2: 'NS', 5: 'CNAME', 6: 'SOA', 12: 'PTR', 15: 'MX', 16: 'TXT', 28: 'AAAA' },
  ...{ 33: 'SRV', 35: 'NAPTR', 41: 'OPT', 65: 'HTTPS', 255: 'ANY' },
}
const STATUSES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED']

/** 'SRV'; 'type 77' for those without a name here. */
export const typeName = (type: number): string => TYPES[type] ?? `type ${type}`

/** By RFC 1035 §4.1.1. */
export const statusName = (code: number): string => STATUSES[code] ?? `code ${code}`

/** 'A 10.0.0.1'. */
export const answerText = (type: string, data: string): string => `${type} ${data}`.trim()

/** Reads a message with a question; undefined when the payload is none. */
export function readDnsBytes(payload: Buffer): DnsReport | undefined {
  if (payload.length < HEAD_BYTES + 5 || payload.readUInt16BE(4) !== 1) return undefined
  const flags = payload.readUInt16BE(2)
  const question = readName(payload, HEAD_BYTES)
  if (question === undefined || question.end + 4 > payload.length) return undefined
  const isResponse = flags >> 15 === 1
  const code = flags & 15
  return {
    kind: 'dns',
    isResponse,
    type: typeName(payload.readUInt16BE(question.end)),
    name: question.name,
    status: isResponse ? statusName(code) : '',
    answers: readAnswers(payload, question.end + 4),
  }
}

function readAnswers(payload: Buffer, from: number): readonly string[] {
  const count = Math.min(payload.readUInt16BE(6), ANSWERS_MAX)
  const answers: string[] = []
  for (let at = from; answers.length < count; ) {
    const owner = readName(payload, at)
    if (owner === undefined || owner.end + 10 > payload.length) break
    const type = payload.readUInt16BE(owner.end)
    const dataAt = owner.end + 10
    const dataEnd = dataAt + payload.readUInt16BE(owner.end + 8)
    if (dataEnd > payload.length) break
    answers.push(answerText(typeName(type), dataText(payload, type, dataAt, dataEnd)))
    at = dataEnd
  }
  return answers
}

function dataText(payload: Buffer, type: number, at: number, end: number): string {
  const name = (from: number) => readName(payload, from)?.name ?? ''
  switch (type) {
    case 1:
      return end - at === 4 ? [...payload.subarray(at, end)].join('.') : ''
    case 28:
      return end - at === 16 ? wordsOf(payload, at) : ''
    case 2:
    case 5:
    case 12:
      return name(at)
    case 15:
      return end - at > 2 ? `${payload.readUInt16BE(at)} ${name(at + 2)}` : ''
    case 33: {
      if (end - at < 7) return ''
      const [priority, weight, port] = [0, 2, 4].map((by) => payload.readUInt16BE(at + by))
      return `${priority} ${weight} ${port} ${name(at + 6)}`
    }
    case 16:
    case 35:
      return stringsOf(payload.subarray(type === 35 ? at + 4 : at, end))
    default:
      return ''
  }
}

const wordsOf = (payload: Buffer, at: number): string =>
  Array.from({ length: 8 }, (_, i) => payload.readUInt16BE(at + i * 2).toString(16)).join(':')

/** Strings with their lengths before them: TXT, and flags, service and rule of NAPTR. */
function stringsOf(data: Buffer): string {
  const strings: string[] = []
  for (let at = 0; at < data.length && strings.length < 8; ) {
    const end = at + 1 + data[at]!
    if (end > data.length || end === at + 1) break
    strings.push(data.toString('latin1', at + 1, end))
    at = end
  }
  return strings.join(' ')
}

/** The name at a place, and where reading goes on behind it. */
function readName(payload: Buffer, from: number): { name: string; end: number } | undefined {
  const labels: string[] = []
  let [at, end, jumps] = [from, -1, 0]
  while (labels.length < LABELS_MAX) {
    const length = payload[at]
    if (length === undefined) return undefined
    if (length >= 192) {
      const target = ((length & 63) << 8) | (payload[at + 1] ?? 0)
      if (target >= at || jumps >= JUMPS_MAX) return undefined
      if (end < 0) end = at + 2
      jumps += 1
      at = target
    } else if (length === 0) return { name: labels.join('.'), end: end < 0 ? at + 1 : end }
    else if (at + 1 + length > payload.length) return undefined
    else {
      labels.push(payload.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
  }
  return undefined
}
