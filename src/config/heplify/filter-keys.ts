// What heplify-server does to messages before it stores them, and which parts of them it keeps.
import {
  becomes,
  type HeplifyKeys,
  honoured,
  ignored,
  replaced,
  type Values,
} from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'

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
  SIPHeader: becomes(
    'homer7.sip_headers',
    kinds.texts,
    'ruri_user,ruri_domain,from_user,from_tag,to_user,to_tag,callid,cseq,method,user_agent',
    (v) => v.list('SIPHeader'),
    ": fields of data_header in homer7's tables; of calls the whole message is kept, and users, domains, Call-ID, methods, answers and agents can always be searched",
  ),
  Dedup: honoured(
    kinds.flag,
    false,
    'filter.dedup: the same payload again within half a second of packet time is not kept; counted as duplicate in the ledger',
    {
      meaning: (v) =>
        v.flag('Dedup')
          ? {
              kind: 'honoured',
              what: 'filter.dedup = 500ms; counted as duplicate in the ledger',
              settings: { 'filter.dedup': '500ms' },
            }
          : { kind: 'honoured', what: 'off, as there' },
    },
  ),
  AlegIDs: becomes(
    'filter.aleg_ids',
    kinds.texts,
    '',
    (v) => v.list('AlegIDs'),
    ': a header, or a header, a comma and an expression whose group 1 is the id; X-CID, X-Call-ID, Session-ID, Replaces and P-Charging-Vector join legs in any case',
  ),
  ForceALegID: honoured(
    kinds.flag,
    false,
    'filter.aleg_force: such a header counts more than the correlation id that the agent sent',
    {
      meaning: (v) => ({
        kind: 'honoured',
        what: 'filter.aleg_force',
        settings: { 'filter.aleg_force': v.flag('ForceALegID') ? 'on' : 'off' },
      }),
    },
  ),
  ForceHEPPayload: becomes(
    'homer7.force_hep_payload',
    kinds.numbers,
    '',
    (v) => v.list('ForceHEPPayload'),
    ": in homer7's tables such payloads stand in data_header, when they are JSON; a payload that is not stays in raw, where heplify-server loses the batch",
  ),

  ScriptEnable: replaced(
    kinds.flag,
    false,
    'scripts are TypeScript or JavaScript here, in a sandbox, with the same functions; Lua and expr files are named at the start, with how to write what they call (docs/scripts.md)',
  ),
  ScriptEngine: replaced(
    kinds.choice('lua', 'expr'),
    'lua',
    'TypeScript or JavaScript, whichever is set: the names of the functions are the same',
    ofScripts,
  ),
  ScriptFolder: becomes(
    'filter.scripts',
    kinds.text,
    '',
    (v) => v.text('ScriptFolder'),
    ': its .ts and .js files',
    ofScripts,
  ),
  ScriptHEPFilter: becomes(
    'filter.script_types',
    kinds.numbers,
    '1,5,100',
    (v) => v.list('ScriptHEPFilter'),
    '',
    ofScripts,
  ),
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
