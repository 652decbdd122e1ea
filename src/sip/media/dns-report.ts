// DNS on the way to a call, HEP type 53: who is asked for (ENUM, NAPTR, SRV, A) and what came back. As JSON,
// the names in lower case as heplify writes them or in upper as its library does, or as the bytes of the packet
// (dns-bytes.ts).
import { ANSWERS_MAX, answerText, readDnsBytes, statusName, typeName } from './dns-bytes.ts'
import type { DnsReport } from './report.ts'
import { type Json, listOf, numberOf, objectOf, readObject, textOf } from './report-json.ts'

/** Reads a DNS message; undefined when the payload is none. */
export function readDnsReport(payload: Buffer): DnsReport | undefined {
  const json = readObject(payload)
  return json === undefined ? readDnsBytes(payload) : readDnsJson(lowerNames(json))
}

function readDnsJson(json: Json): DnsReport | undefined {
  const questions = listOf(json.questions, 1)
  const answers = listOf(json.answers, ANSWERS_MAX)
  if (questions.length + answers.length === 0 && !('qr' in json) && !('opcode' in json)) {
    return undefined
  }
  const question = lowerNames(objectOf(questions[0] ?? answers[0]) ?? {})
  const isResponse = json.qr === true || json.qr === 1 || answers.length > 0
  return {
    kind: 'dns',
    isResponse,
    type: typeOf(question.type),
    name: textOf(question.name).replace(/\.$/, ''),
    status: isResponse ? statusOf(json.rescode ?? json.responsecode) : '',
    answers: answers.flatMap((answer) => jsonAnswer(lowerNames(objectOf(answer) ?? {}))),
  }
}

const lowerNames = (json: Json): Json =>
  Object.fromEntries(Object.entries(json).map(([name, value]) => [name.toLowerCase(), value]))

const typeOf = (type: unknown): string => {
  const number = numberOf(type)
  return number === undefined ? textOf(type) : typeName(number)
}

const statusOf = (code: unknown): string => {
  const number = numberOf(code)
  return number === undefined ? textOf(code) : statusName(number)
}

function jsonAnswer(answer: Json): string[] {
  const srv = lowerNames(objectOf(answer.srv) ?? {})
  const data = [
    ...['ip', 'cname', 'ns', 'ptr', 'txt'].map((name) => textOf(answer[name])),
    ['priority', 'weight', 'port', 'name'].map((name) => textOf(srv[name])).join(' '),
  ].filter((text) => text.trim() !== '')
  const type = typeOf(answer.type)
  return type === '' && data.length === 0 ? [] : [answerText(type, data.join(' '))]
}
