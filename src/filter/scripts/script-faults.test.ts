// What bad scripts cannot do: lose a packet, hold up the others, or reach anything.
import { expect, test } from 'bun:test'
import { openFilter } from '../filter.ts'
import { invite, packetOf } from '../test-packet.ts'
import { scriptRig } from './script-rig.ts'

const open = (text: string, name = 'a.ts') => openFilter({ scripts: { files: [{ name, text }] } })

test.each([
  ['export default () => {', 'script a.ts: line 1:'],
  ['const x = 1', 'exports no function'],
  ['export const x = 1', 'exports no function'],
  ["import fs from 'node:fs'; export default () => fs", "it imports 'node:fs'"],
  ['throw new Error("no"); export default () => 1', 'Error: no'],
  ['for (;;); export default () => 1', 'took too long'],
])('openFilter refuses %s and names the script and why', async (text, why) => {
  await expect(open(text)).rejects.toThrow(why)
})

test.each([
  "nothing.there('x')",
  "throw new Error('on purpose')",
  'throw undefined',
  'const f = () => f() + 1; f()',
  "SetHEPField('Nothing', 1)",
  "SetHEPField('SrcIP', 'not an address')",
  "SetHEPField('SrcPort', 70000)",
  "SetRawMessage('')",
  "SetRawMessage('x'.repeat(70000))",
  "GetSIPStruct().CseqMethod = 'BYE'",
])('a script that does %s leaves the packet as it was, whatever it set before', async (work) => {
  using rig = await scriptRig(`export default () => { SetHEPField('NodeName', 'x'); ${work} }`)
  const packet = packetOf()
  expect(rig.run(packet).packet).toBe(packet)
  expect(rig.run(packet).said).toBeUndefined()
  expect(rig.counts.get('scriptErrors')).toBe(2)
  expect(rig.said.at(-1)).toEndWith('; the packet goes on unchanged')
})

test.each([
  ["// why\n\nexport default () => {\n\n  throw new Error('here')\n}", '5'],
  [
    "interface A {\n x: 1 }\n// why\n\nexport default (a: A) => {\n\n  throw new Error('here')\n}",
    '7',
  ],
  ["export default (a: object) => { throw new Error('here') }", ' throw new Error("here");'],
])(
  'a script that fails is told with its file and line, with and without types: %s',
  async (text, line) => {
    using rig = await scriptRig(text)
    rig.run()
    expect(rig.said[0]).toStartWith(`ERROR Error: here (0.ts:${line})`)
  },
)

test('what a failed run set is not seen by the next', async () => {
  using rig = await scriptRig(`let n = 0
    export default () => { if (n++ === 0) { SetHEPField('NodeName', 'x'); throw new Error('no') } }`)
  const packet = packetOf()
  expect([rig.run(packet).packet, rig.run(packet).packet]).toEqual([packet, packet])
  expect(rig.counts.get('scriptChanges')).toBe(0)
})

test.each([
  'for (;;);',
  "/^(a+)+$/.test('a'.repeat(40) + 'b')",
  "try { for (;;); } catch {} finally { SetHEPField('NodeName', 'x') }",
  "const all = []; for (;;) all.push('x'.repeat(1000))",
])('a script that does not end (%s) is stopped in time, and the packet goes on', async (work) => {
  using rig = await scriptRig(`export default () => { ${work} }`, { runMsMax: 5 })
  const packet = packetOf()
  const startedMs = performance.now()
  expect(rig.run(packet).packet).toBe(packet)
  expect(performance.now() - startedMs).toBeLessThan(5_000)
  expect(rig.counts.get('scriptTimeouts') + rig.counts.get('scriptErrors')).toBe(1)
})

test('scripts that take too long again and again rest, so that the spool is read', async () => {
  using rig = await scriptRig('export default () => { for (;;); }', { runMsMax: 5 })
  const startedMs = performance.now()
  for (let i = 0; i < 1_000; i++) rig.run()
  expect(performance.now() - startedMs).toBeLessThan(10_000)
  expect(rig.counts.get('scriptTimeouts')).toBeLessThan(60)
  expect(rig.counts.get('scriptSkipped')).toBeGreaterThan(900)
  expect(rig.said.join()).toContain('no script runs for 10 s')
})

test('scripts that keep too much are begun anew, and go on', async () => {
  const text = `const kept = []
    export default () => { for (let i = 0; i < 2000; i++) kept.push({ i, text: 'x' + i }); Print(kept.length) }`
  using rig = await scriptRig(text, { memoryBytesMax: 4 * 2 ** 20, runMsMax: 1_000 })
  while (rig.counts.get('scriptRestarts') === 0) rig.run()
  const before = rig.said.length
  for (let i = 0; i < 200 && !rig.said.slice(before).includes('INFO 2000'); i++) {
    rig.run()
    await Bun.sleep(20)
  }
  expect(rig.said.slice(before)).toContain('INFO 2000')
})

test.each([
  ...[
    'process',
    'Bun',
    'require',
    'fetch',
    'setTimeout',
    'WebAssembly',
    'XMLHttpRequest',
    'Worker',
  ],
])('a script finds no %s', async (name) => {
  using rig = await scriptRig(`export default () => Print(typeof globalThis['${name}'])`)
  rig.run()
  expect(rig.said).toEqual(['INFO undefined'])
})

test('a script cannot put other functions in the place of those that are there', async () => {
  using rig = await scriptRig(`export default () => {
    try { globalThis.GetRawMessage = () => 'forged' } catch {}
    Print(GetRawMessage().slice(0, 6))
  }`)
  rig.run()
  expect(rig.said).toEqual(['INFO INVITE'])
})

test('a payload that is no text reaches scripts without its odd bytes, and stays as it was', async () => {
  using rig = await scriptRig('export default () => Print(GetRawMessage())')
  const packet = packetOf(Buffer.from('a\0b\xff\u00e9', 'latin1'), { protocolType: 100 })
  expect(rig.run(packet).packet).toBe(packet)
  expect(rig.said).toEqual(['INFO ab'])
  expect(rig.run(packetOf(invite())).sip?.fromUser).toBe('alice')
})
