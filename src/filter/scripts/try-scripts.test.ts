import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { tryScripts } from './try-scripts.ts'

const capture = readFileSync(join(import.meta.dir, '../../../test/fixtures/kamailio-hep.pcap'))

const tried = (text: string, packetsShown = 1) =>
  tryScripts(capture, { scripts: { files: [{ name: 'a.ts', text }] }, packetsShown })

test('tryScripts shows what scripts change in the packets of a capture, and counts all of them', async () => {
  const { lines, failed } = await tried(`export default (hep, sip) => {
    if (sip?.CseqMethod === 'OPTIONS') Discard('ping')
    if (sip?.CseqMethod === 'REGISTER') { sip.FromUser = '***'; hep.NodeID = 7; Print('seen') }
  }`)
  expect(failed).toBe(0)
  expect(lines[0]).toMatch(/^#1 REGISTER 127\.0\.0\.\d+:\d+ > 127\.0\.0\.10:5060: changed$/)
  expect(lines.slice(1, -1)).toEqual([
    ...['    INFO seen', '    captureId: 1 > 7', '    from_user = ***'],
  ])
  const [, all, ...counts] =
    /^(\d+) packets: (\d+) unchanged, (\d+) changed, (\d+) discarded, 0/.exec(lines.at(-1)!)!
  const [unchanged, changed, discarded] = counts.map(Number)
  expect([Number(all), unchanged! + changed! + discarded!]).toEqual([970, 970])
  expect([changed! > 100, discarded! > 100]).toEqual([true, true])
})

test('tryScripts counts the packets that a script fails over, and says why', async () => {
  const { lines, failed } = await tried("export default () => { throw new Error('no') }")
  expect(failed).toBe(970)
  expect(lines.slice(0, 2).join('\n')).toContain('Error: no (a.ts:1')
})

test('tryScripts says what is no capture file', async () => {
  const scripts = { files: [{ name: 'a.ts', text: 'export default () => {}' }] }
  await expect(tryScripts(Buffer.alloc(40), { scripts, packetsShown: 1 })).rejects.toThrow(
    'no pcap',
  )
})
