// Filters on the way into the database: what is stored, searched by and joined, and what is counted.
import { expect, test } from 'bun:test'
import { segmentsIn, writerRig } from './test-rig.ts'
import { callFrames } from './test-spool.ts'

const script = (text: string) => ({ scripts: { files: [{ name: 'a.ts', text }] } })

test('Writer stores one of what two agents mirror, whichever lane it comes by, and counts the rest', async () => {
  await using rig = await writerRig()
  const atUs = Date.now() * 1000
  const once = callFrames('call-1', { atUs })
  rig.spool.append(once, 'udp-0')
  rig.spool.append(callFrames('call-1', { atUs: atUs + 1_000, hep: { captureId: 7 } }), 'udp-1')
  await rig.store({ filter: { dedupMs: 500 } })
  expect([...(await rig.storedPayloads()).values()]).toEqual(once.map(() => 1))
  const rows = await rig.database.sql`select stored, rejected from spool_cursors order by rejected`
  const rejected = rows.map((row: { rejected: object }) => row.rejected)
  expect(rejected).toEqual(expect.arrayContaining([{ duplicate: once.length }]))
  const [{ count }] = await rig.database.sql`select count(*)::int from quarantine`
  expect(count).toBe(0)
})

test('Writer joins legs by a header of the operator, also where the agent only repeats the Call-ID', async () => {
  await using rig = await writerRig()
  const headers = ['X-Trunk: call=a-leg;x=1']
  const said = { correlationId: 'b-leg' }
  rig.spool.append(callFrames('b-leg', { headers, hep: said, steps: ['INVITE', '200'] }))
  await rig.store({ filter: { alegIds: ['X-Trunk,call=([^;]+)'] } })
  expect([...(await rig.database.sql`select key, call_id from correlation_keys`)]).toEqual([
    { key: 'callid:a-leg', call_id: 'b-leg' },
  ])
})

test('Writer stores what scripts make of a packet, and searches by what they set', async () => {
  await using rig = await writerRig()
  rig.spool.append([
    ...callFrames('call-1', { steps: ['INVITE', '200'] }),
    ...callFrames('ping', { steps: ['OPTIONS'] }),
  ])
  const filter = script(`export default (hep, sip) => {
    if (sip.CseqMethod === 'OPTIONS') return Discard('ping')
    SetRawMessage(GetRawMessage().replaceAll('alice', 'a****')); sip.FromUser = 'masked'
    SetCustomSIPHeader({ 'X-Tenant': 'acme' }); SetHEPField('NodeName', 'edge'); SetHEPField('SID', 'filed')
  }`)
  await rig.store({ filter })
  const [segment, ...more] = await segmentsIn(rig.database.sql)
  expect(more).toEqual([])
  expect(segment).toMatchObject({ call_id: 'filed', headers: { 'x-tenant': 'acme' } })
  expect(segment).toMatchObject({ from_user: 'masked' })
  const texts = segment!.decoded.map(({ payload }) => payload.toString())
  expect(texts).toHaveLength(2)
  for (const text of texts) expect(text).toContain('From: <sip:a****@a.example>')
  expect(segment!.decoded[0]!.captureNode).toBe('edge')
  const [cursor] = await rig.database.sql`select stored, rejected from spool_cursors`
  expect(cursor).toEqual({ stored: '2', rejected: { discarded: 1 } })
})

test.each(['throw new Error("no")', 'for (;;);', 'SetRawMessage("")'])(
  'Writer stores every packet though a script does %s',
  async (work) => {
    await using rig = await writerRig()
    const frames = callFrames('call-1')
    rig.spool.append(frames)
    await rig.store({ filter: script(`export default () => { ${work} }`) })
    expect([...(await rig.storedPayloads()).values()]).toEqual(frames.map(() => 1))
  },
)

test('Writer with filters stores nothing twice and loses nothing when it begins again', async () => {
  await using rig = await writerRig()
  const frames = Array.from({ length: 40 }, (_, i) => callFrames(`call-${i}`)).flat()
  const filter = { dedupMs: 500, ...script("export default (hep) => { hep.NodeName = 'n' }") }
  for (let at = 0; at < frames.length; at += 70) {
    rig.spool.append(frames.slice(at, at + 70))
    await rig.store({ filter })
  }
  expect((await rig.storedPayloads()).size).toBe(frames.length)
  const [cursor] = await rig.database.sql`select stored, rejected from spool_cursors`
  expect(cursor).toEqual({ stored: String(frames.length), rejected: {} })
})
