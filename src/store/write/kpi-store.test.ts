// KPIs and sources from frames in the spool to what the API is given, over a real PostgreSQL.
import { expect, setDefaultTimeout, test } from 'bun:test'
import { openCallStore } from '../read/call-store.ts'
import { storeAll, writerRig } from './test-rig.ts'
import { callFrames, incoming } from './test-spool.ts'

setDefaultTimeout(30_000)

const HOUR_US = 3_600_000_000
const nowUs = () => Date.now() * 1000

test('kpiDetails says which host decided calls, with which code, and who made them', async () => {
  await using rig = await writerRig()
  const agent = ['User-Agent: phone/1']
  rig.spool.append(callFrames('a', { from: 'ann', headers: agent }))
  rig.spool.append(callFrames('b', { from: 'ann', steps: ['INVITE', '100', '503', 'ACK'] }))
  rig.spool.append(callFrames('c', { from: 'ben', steps: ['INVITE', '180', 'CANCEL', '487'] }))
  // The 503 passes a proxy, whose copy is later: the host that sent it first is to blame.
  const relayed = { srcIp: '10.0.0.9', dstIp: '10.0.0.1' }
  rig.spool.append(callFrames('b', { atUs: nowUs() + 90_000, steps: ['503'], hep: relayed }))
  await rig.store()
  const store = openCallStore({ sql: rig.database.sql })
  const { hosts, talkers } = await store.kpiDetails(nowUs() - HOUR_US, nowUs() + HOUR_US)
  expect(hosts).toEqual([
    { host: '10.0.0.2', answered: 1, failed: 1, cancelled: 1, failures: { 503: 1 } },
  ])
  expect(talkers).toEqual([
    { kind: 'agent', name: 'phone/1', attempts: 1, answered: null, failed: null },
    { kind: 'from', name: 'ann', attempts: 2, answered: 1, failed: 1 },
    { kind: 'from', name: 'ben', attempts: 1, answered: 0, failed: 0 },
    { kind: 'source', name: '10.0.0.1', attempts: 3, answered: 1, failed: 1 },
    { kind: 'to', name: 'bob', attempts: 3, answered: 1, failed: 1 },
  ])
  // Beyond a day it is the hours that are read, and they say the same.
  expect(await store.kpiDetails(nowUs() - 30 * HOUR_US, nowUs() + HOUR_US)).toEqual({
    hosts,
    talkers,
  })
})

test('kpi and kpiDetails count a call once that a restart of the writer parts', async () => {
  await using rig = await writerRig()
  const atUs = nowUs() - 1_000_000
  const frames = callFrames('long', { atUs })
  rig.spool.append(frames.slice(0, 3)) // INVITE, 100, 180
  await rig.store()
  rig.spool.append([frames[0]!, ...frames.slice(3)]) // the INVITE once more, from another tap
  await rig.store()
  const store = openCallStore({ sql: rig.database.sql })
  const [minute] = await store.kpi(nowUs() - HOUR_US, nowUs() + HOUR_US, 86_400)
  expect(minute).toMatchObject({ attempts: 1, answered: 1, messages: 8, seer: 100 })
  const { hosts, talkers } = await store.kpiDetails(nowUs() - HOUR_US, nowUs() + HOUR_US)
  expect(hosts).toEqual([{ host: '10.0.0.2', answered: 1, failed: 0, cancelled: 0, failures: {} }])
  expect(talkers.find(({ kind }) => kind === 'from')).toMatchObject({ attempts: 1, answered: 1 })
})

test('kpi adds minutes up to steps and leaves out those in which nothing happened', async () => {
  await using rig = await writerRig()
  const hour = Math.floor(nowUs() / HOUR_US) * HOUR_US - 5 * HOUR_US
  for (const minutes of [1, 2, 59, 125])
    rig.spool.append(callFrames(`m${minutes}`, { atUs: hour + minutes * 60_000_000 }))
  await rig.store()
  const store = openCallStore({ sql: rig.database.sql })
  const hours = await store.kpi(hour, hour + 3 * HOUR_US, 3_600)
  expect(hours.map(({ attempts }) => attempts)).toEqual([3, 1])
  expect(Date.parse(hours[1]!.minute) * 1000).toBe(hour + 2 * HOUR_US)
  expect(await store.kpi(hour, hour + 3 * HOUR_US)).toHaveLength(4)
  const whole = await store.kpi(hour, hour + 3 * HOUR_US, 0)
  expect(whole.map(({ attempts, asr }) => [attempts, asr])).toEqual([[4, 100]])
})

test('sources counts duplicates, cut and large messages, reasons, and packets by minute', async () => {
  await using rig = await writerRig()
  const atUs = nowUs()
  const [invite] = callFrames('dup', { atUs, steps: ['INVITE'] })
  const long = [`X-Long: ${'x'.repeat(1_400)}`]
  const [whole] = callFrames('big', { atUs: atUs + 7, steps: ['INVITE'], headers: long })
  const wrong = [...long, 'Content-Length: 900'] // of two the first counts
  const [cut] = callFrames('cut', { atUs: atUs + 9, steps: ['INVITE'], headers: wrong })
  rig.spool.append([invite!, invite!, whole!, cut!])
  const lane = rig.spool.lane('udp-0')
  const reason = 'not_hep' as const
  lane.quarantine(incoming(Buffer.from('what'), atUs), { reason, offset: 0, detail: 'no magic' })
  lane.flush()
  await rig.store()
  const store = openCallStore({ sql: rig.database.sql })
  const sources = await store.sources()
  const sending = sources.find(({ packets }) => packets > 0)!
  expect(sending).toMatchObject({ packets: 4, duplicates: 1, truncated: 1, large: 2 })
  expect(sending.recent).toHaveLength(60)
  expect(sending.recent.reduce((sum, n) => sum + n, 0)).toBe(4)
  expect(sources.find(({ rejected }) => rejected > 0)?.reasons).toEqual({ not_hep: 1 })
  rig.spool.append(callFrames('later', { atUs: nowUs() }))
  await storeAll(rig.options)
  expect((await store.sources())[0]).toMatchObject({ packets: 11, duplicates: 1, truncated: 1 })
})

test('kpi tells registrations that were refused from those that were only challenged', async () => {
  await using rig = await writerRig()
  rig.spool.append(
    callFrames('r1', { steps: ['REGISTER 1', '401 REGISTER 1', 'REGISTER 2', '200 REGISTER 2'] }),
  )
  rig.spool.append(
    callFrames('r2', { steps: ['REGISTER 1', '401 REGISTER 1', 'REGISTER 2', '403 REGISTER 2'] }),
  )
  rig.spool.append(
    callFrames('r3', { steps: ['REGISTER 1', '423 REGISTER 1', 'REGISTER 2', '200 REGISTER 2'] }),
  )
  await rig.store()
  const store = openCallStore({ sql: rig.database.sql })
  const [minute] = await store.kpi(nowUs() - HOUR_US, nowUs() + HOUR_US, 86_400)
  expect(minute).toMatchObject({ registrations: 3, registered: 2, registrationsFailed: 1 })
})
