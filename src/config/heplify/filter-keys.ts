// What heplify-server does to messages before it stores them, and which parts of them it keeps.
import {
  becomes,
  type HeplifyKeys,
  honoured,
  ignored,
  notYet,
  replaced,
  type Values,
} from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'

const SCRIPTS = 'no scripts run yet; messages are stored as they come'
const ofScripts = { partOf: 'ScriptEnable' } as const

export const FILTER_KEYS: HeplifyKeys = {
  PromTargetIP: honoured(
    kinds.texts,
    '',
    'meter.targets: each address with its name; read again on SIGHUP',
    {
      meaning: (v) => ({
        kind: 'honoured',
        what: 'meter.targets; read again on SIGHUP',
        settings: { 'meter.targets': targetsOf(v) },
      }),
    },
  ),
  PromTargetName: honoured(kinds.texts, '', 'the names of PromTargetIP in metrics, in its order'),

  DiscardMethod: becomes(
    'store.discard_methods',
    kinds.texts,
    '',
    (v) => v.list('DiscardMethod'),
    '; counted as discarded in the ledger',
  ),
  CensorMethod: becomes(
    'store.censor_methods',
    kinds.texts,
    '',
    (v) => v.list('CensorMethod'),
    ': their bodies are blanked',
  ),
  CustomHeader: becomes(
    'store.custom_headers',
    kinds.texts,
    '',
    (v) => v.list('CustomHeader'),
    ': to search by',
  ),
  IgnoreCaseCH: replaced(
    kinds.flag,
    false,
    'names of headers are compared without case, always, as RFC 3261 has it',
    {
      meaning: (v) =>
        v.flag('IgnoreCaseCH')
          ? { kind: 'honoured', what: 'names of headers are compared without case' }
          : FILTER_KEYS.IgnoreCaseCH!.outcome,
    },
  ),
  SIPHeader: replaced(
    kinds.texts,
    'ruri_user,ruri_domain,from_user,from_tag,to_user,to_tag,callid,cseq,method,user_agent',
    'the whole message is kept, and users, domains, Call-ID, methods, answers and agents can always be searched',
  ),
  Dedup: notYet(
    kinds.flag,
    false,
    'what is seen twice is stored twice, and shown in its call as one message with several taps',
  ),
  AlegIDs: replaced(
    kinds.texts,
    '',
    'legs are joined by X-CID, X-Call-ID, Session-ID, Replaces, P-Charging-Vector and the correlation id, when a call is read; other headers not yet',
  ),
  ForceALegID: ignored(
    kinds.flag,
    false,
    'a call keeps its own Call-ID, and is shown with its other legs whichever header joins them',
  ),
  ForceHEPPayload: ignored(
    kinds.numbers,
    '',
    'it swaps two columns of the homer7 tables, which are not written yet; payloads are kept whole',
  ),

  ScriptEnable: notYet(kinds.flag, false, SCRIPTS),
  ScriptEngine: notYet(kinds.choice('lua', 'expr'), 'lua', SCRIPTS, ofScripts),
  ScriptFolder: notYet(kinds.text, '', SCRIPTS, ofScripts),
  ScriptHEPFilter: notYet(kinds.numbers, '1,5,100', SCRIPTS, ofScripts),
}

export const LOG_KEYS: HeplifyKeys = {
  LogLvl: honoured(kinds.choice(...Object.keys(levels())), 'info', 'log.level', {
    meaning: (v) => ({
      kind: 'honoured',
      what: `log.level: ${levels()[v.text('LogLvl')]}`,
      settings: { 'log.level': levels()[v.text('LogLvl')]! },
    }),
  }),
  LogDbg: ignored(
    kinds.text,
    '',
    'every line says its room, so a selection is made when reading; LogLvl debug shows all',
  ),
  LogStd: replaced(kinds.flag, false, 'always to stderr, a JSON object a line; never to a file'),
  LogSys: replaced(
    kinds.flag,
    false,
    'to stderr, from where systemd, Docker or ECS carry it into the system log',
  ),
  Config: honoured(
    kinds.text,
    './heplify-server.toml',
    'the file these keys are read from; in a file it means nothing, as there',
  ),
  Version: ignored(kinds.flag, false, 'calliope --version tells it'),
}

// As many of both, or the configuration is refused.
function targetsOf(v: Values): string[] {
  const names = v.list('PromTargetName')
  return v.list('PromTargetIP').map((ip, i) => `${ip}=${names[i]}`)
}

// Their level, ours.
function levels(): Record<string, string> {
  return {
    ...{ debug: 'debug', info: 'info', notice: 'info', warning: 'warn', warn: 'warn' },
    ...{ error: 'error', err: 'error', critical: 'error', crit: 'error', alert: 'error' },
    ...{ emerg: 'error' },
  }
}
