// A line of a log, HEP type 100: plain text, syslog (RFC 5424 §6.2.1: <priority>) or JSON. Its level, where it
// names one in any usual way, and a Call-ID written in it, by which it can be filed when the agent gave none.
import type { LogReport } from './report.ts'
import { type Json, readObject, textOf } from './report-json.ts'

const TEXT_CHARS_MAX = 8_192
/** A level is named at the beginning, if at all: behind, such words are part of the message. */
const LEVEL_CHARS_MAX = 160
const SYSLOG_LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug']
const LEVEL = /\b(EMERG|ALERT|CRIT|FATAL|ERR|WARN|NOTICE|INFO|DEBUG|TRACE)(?:OR|ING|ENCY|ICAL)?\b/i
const CALL_ID =
  /\b(?:call[-_ ]?id|correlation[-_]id)\s*["']?\s*[=:]\s*["'<[(]?([^\s"'<>,;()[\]{}]{4,255})/i
/** Short names stand for other things too: then only what looks like one, long and with a digit. */
const SHORT_NAMED = /\b(?:ID|ci)=["']?((?=[^\s"',;]*\d)[^\s"'<>,;()[\]{}]{10,255})/

/** Reads a line; any payload is one. */
export function readLogReport(payload: Buffer): LogReport {
  const json = readObject(payload)
  return json === undefined ? readLine(payload) : readJsonLine(json, payload)
}

function readLine(payload: Buffer): LogReport {
  const text = payload.toString('utf8', 0, TEXT_CHARS_MAX).trim()
  const priority = /^<(\d{1,3})>/.exec(text)
  const level =
    priority === null ? levelOf(text.slice(0, LEVEL_CHARS_MAX)) : SYSLOG_LEVELS[+priority[1]! % 8]!
  const host = /^<\d{1,3}>(?:1 \S+ |\w{3} +\d+ [\d:]+ )(\S+)/.exec(text)?.[1] ?? ''
  return {
    kind: 'log',
    level,
    host,
    text: text.slice(priority?.[0].length ?? 0),
    callId: callIdIn(text),
  }
}

function readJsonLine(json: Json, payload: Buffer): LogReport {
  const said = (...names: readonly string[]) =>
    names.map((name) => textOf(json[name])).find((value) => value !== '') ?? ''
  const text = said('message', 'msg', 'text', 'log', 'MESSAGE')
  const dtmf = said('DTMF')
  return {
    kind: 'log',
    level: levelOf(said('level', 'severity', 'levelname', 'PRIORITY')),
    host: said('host', 'hostname', 'HOSTNAME'),
    text: text || (dtmf ? `DTMF ${dtmf}` : payload.toString('utf8', 0, TEXT_CHARS_MAX)),
    callId: said('CORRELATION_ID', 'call_id', 'callid', 'callId', 'Call-ID', 'correlation_id'),
  }
}

const callIdIn = (text: string): string => (CALL_ID.exec(text) ?? SHORT_NAMED.exec(text))?.[1] ?? ''

/** 'error' of ERR, Error, ERROR …; a digit as syslog counts them. */
function levelOf(text: string): string {
  if (/^[0-7]$/.test(text)) return SYSLOG_LEVELS[Number(text)]!
  const found = LEVEL.exec(text)?.[1]?.toLowerCase() ?? ''
  return found === 'err' ? 'error' : found
}
