// Scripts written for heplify-server, in Lua or as expressions: what they call, line by line, and how that is
// written here. Nothing of them is run; a person rewrites them, and this is the list to work through.

/** One thing to rewrite. */
export interface RewriteNote {
  readonly line: number
  readonly call: string
  readonly how: string
}

const SAME = 'the same'

/** heplify-server's functions. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  GetHEPStruct: 'the same, with the same fields: hep.SrcIP; or export function name(hep, sip)',
  GetSIPStruct: 'the same; undefined where there is no SIP: if (!sip) return',
  ...same('GetHEPProtoType', 'GetHEPSrcIP', 'GetHEPSrcPort', 'GetHEPDstIP', 'GetHEPDstPort'),
  ...same('GetHEPTimeSeconds', 'GetHEPTimeUseconds', 'GetHEPNodeID', 'GetHEPCID', 'GetSIPCallID'),
  ...same('GetRawMessage', 'SetRawMessage', 'SetHEPField', 'SetSIPProfile', 'SetSIPHeader'),
  SetCustomSIPHeader: "the same, with an object: SetCustomSIPHeader({ 'X-Name': value })",
  SetLokiLabel: 'the same; names allowed in filter.loki_labels',
  ...same('HashTable', 'HashString', 'Logp', 'Print'),
  ReplaceAll: "text.replaceAll('a', 'b')",
  TrimPrefix: "text.startsWith('a') ? text.slice(1) : text",
  TrimSuffix: "text.endsWith('a') ? text.slice(0, -1) : text",
}

/** And what Lua brings. */
const LUA: readonly (readonly [RegExp, string, string])[] = [
  [/\bfunction\s+[\w.]+\s*\(/, 'function', 'export function name(): those exported run, in order'],
  [
    /(?:\bstring\.|:)match\s*\(/,
    'match',
    '/(pattern)/.exec(text)?.[1]; %s is \\s, %d is \\d, .- is .*?',
  ],
  [/(?:\bstring\.|:)gmatch\s*\(/, 'gmatch', 'text.matchAll(/pattern/g)'],
  [
    /(?:\bstring\.|:)find\s*\(/,
    'find',
    "text.indexOf('x'), text.includes('x') or /pattern/.exec(text)",
  ],
  [/(?:\bstring\.|:)gsub\s*\(/, 'gsub', "text.replace(/pattern/g, 'new'), where %1 is $1"],
  [/(?:\bstring\.|:)sub\s*\(/, 'sub', 'text.slice(from - 1, to)'],
  [
    /(?:\bstring\.|:)(?:lower|upper)\s*\(/,
    'lower, upper',
    'text.toLowerCase(), text.toUpperCase()',
  ],
  [/\bstring\.format\s*\(/, 'string.format', 'a template: `${a} and ${b}`'],
  [/\b(?:ipairs|pairs)\s*\(/, 'pairs', 'for (const [key, value] of Object.entries(table))'],
  [/\btonumber\s*\(/, 'tonumber', 'Number(text)'],
  [/\btostring\s*\(/, 'tostring', 'String(value)'],
  [
    /\bos\.(?:time|date|clock)\s*\(/,
    'os.time',
    "Date.now(), or GetHEPTimeSeconds() for the packet's time",
  ],
  [
    /\b(?:require|dofile|loadfile)\b/,
    'require',
    'nothing can be loaded: put it into the script itself',
  ],
  [
    /\b(?:io\.\w+|os\.(?:execute|getenv|remove|rename))\b/,
    'io, os',
    'not there: a sandbox reaches no file and no process',
  ],
]

function same(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, SAME]))
}

/** Whether a file is such a script. */
export const isForeignScript = (name: string): boolean => /\.(lua|expr)$/.test(name)

/** What to rewrite, in the order it stands there; the same call of one line once. */
export function rewriteNotes(name: string, text: string): readonly RewriteNote[] {
  if (name.endsWith('.expr'))
    return [
      {
        line: 1,
        call: 'the whole',
        how: 'export default () => …; its functions and operators are the same',
      },
      ...callsIn(text),
    ]
  return [...callsIn(text), ...luaIn(text)].sort((a, b) => a.line - b.line)
}

function callsIn(text: string): RewriteNote[] {
  return linesOf(text).flatMap(({ line, code }) => {
    const names = new Set([...code.matchAll(/\b([A-Z]\w+)\s*\(/g)].map(([, name]) => name!))
    return [...names].flatMap((call) => {
      const how = FUNCTIONS[call]
      return how === undefined ? [] : [{ line, call, how }]
    })
  })
}

function luaIn(text: string): RewriteNote[] {
  return linesOf(text).flatMap(({ line, code }) =>
    LUA.filter(([pattern]) => pattern.test(code)).map(([, call, how]) => ({ line, call, how })),
  )
}

/** Without comments. */
const linesOf = (text: string) =>
  text.split('\n').map((code, i) => ({ line: i + 1, code: code.replace(/--.*$/, '') }))
