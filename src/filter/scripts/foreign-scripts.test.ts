import { expect, test } from 'bun:test'
import { rewriteNotes, SCRIPT_TYPES } from '../index.ts'
import { FUNCTION_NAMES } from './guest-source.ts'

const LUA = `-- GetRawMessage() in a comment
function mask()
  local raw = GetRawMessage()
  local n = raw:match("CSeq:%s+(.-)\\n")
  if n ~= nil then SetSIPHeader("FromHost", string.lower(n)) end
  os.execute("id")
end`

test('rewriteNotes lists what a Lua script calls, line by line, with how it is written here', () => {
  const notes = rewriteNotes('a.lua', LUA).map(({ line, call }) => `${line} ${call}`)
  expect(notes).toEqual([
    ...['2 function', '3 GetRawMessage', '4 match', '5 SetSIPHeader', '5 lower, upper', '6 io, os'],
  ])
  for (const { how } of rewriteNotes('a.lua', LUA)) expect(how.length).toBeGreaterThan(3)
})

test("rewriteNotes says of an expression of heplify-server's how it becomes a function", () => {
  const [first, ...calls] = rewriteNotes('a.expr', 'GetHEPNodeID()==1 ? SetHEPField("CID","x") : 0')
  expect(first!.how).toStartWith('export default () =>')
  expect(calls.map(({ call }) => call)).toEqual(['GetHEPNodeID', 'SetHEPField'])
})

// Those of heplify-server's Lua engine, in the order it registers them; and what its expr engine has besides.
const HEPLIFY =
  `GetHEPStruct GetSIPStruct GetHEPProtoType GetHEPSrcIP GetHEPSrcPort GetHEPDstIP GetHEPDstPort
GetHEPTimeSeconds GetHEPTimeUseconds GetHEPNodeID GetRawMessage SetRawMessage SetCustomSIPHeader SetHEPField
SetSIPProfile SetSIPHeader SetLokiLabel HashTable HashString Logp Print GetHEPCID GetSIPCallID`.split(
    /\s+/,
  )

test('every function of heplify-server is there, and every function there is declared and in the manual', async () => {
  expect(HEPLIFY.filter((name) => !FUNCTION_NAMES.includes(name))).toEqual([])
  const manual = await Bun.file(new URL('../../../docs/scripts.md', import.meta.url)).text()
  for (const name of FUNCTION_NAMES) {
    expect(SCRIPT_TYPES).toMatch(new RegExp(`declare (function|const) ${name}\\b`))
    expect(manual).toContain(name)
  }
})

test('rewriteNotes knows every function of heplify-server', () => {
  for (const name of HEPLIFY)
    expect(rewriteNotes('a.lua', `x = ${name}(1)`).map(({ call }) => call)).toEqual([name])
})
