// The whole store on real packets: written by the writer, read back through the door.
import { expect, setDefaultTimeout, test } from 'bun:test'
import type { CallRow } from '#contract'
import { decodeHep } from '#hep'
import { parseSip } from '#sip'
import { readFixture } from '../../../test/fixtures/pcap.ts'
import { writerRig } from '../write/test-rig.ts'
import { type OpenedCallStore, openCallStore } from './call-store.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server
const { signal } = new AbortController()

/** What Kamailio sent: messages by Call-ID (or correlation id), known without the store. */
function truth(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { hep } of readFixture()) {
    const packet = decodeHep(hep)
    if (packet.kind === 'malformed') throw new Error(packet.detail)
    const sip = packet.protocolType === 1 ? parseSip(packet.payload) : undefined
    const callId = sip === undefined || sip.kind === 'malformed' ? packet.correlationId : sip.callId
    counts.set(callId, (counts.get(callId) ?? 0) + 1)
  }
  return counts
}

async function searchAll(store: OpenedCallStore, q: string): Promise<readonly CallRow[]> {
  const rows: CallRow[] = []
  let cursor: string | undefined
  do {
    const search = { q, fromUs: undefined, toUs: undefined, limit: 7, cursor }
    const page = await store.searchCalls(search, signal)
    rows.push(...page.calls)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return rows
}

test('the store gives back every packet of the fixture, under its Call-ID, newest call first', async () => {
  await using rig = await writerRig()
  const frames = readFixture().map(({ hep }) => hep)
  // In parts of odd sizes, so that calls are dealt over segments.
  for (let at = 0, size = 41; at < frames.length; at += size, size = (size * 5) % 197) {
    rig.spool.append(frames.slice(at, at + size))
    await rig.store()
  }
  const store = openCallStore({ sql: rig.database.sql })
  const wanted = truth()
  const rows = await searchAll(store, '')
  expect(new Map(rows.map(({ callId, messageCount }) => [callId, messageCount]))).toEqual(
    new Map(wanted),
  )
  const starts = rows.map(({ startedAt }) => startedAt)
  expect(starts).toEqual(starts.toSorted().toReversed())
  expect(await store.ledger()).toMatchObject({
    received: 970,
    stored: 970,
    pending: 0,
    balanced: true,
  })
  for (const [callId, count] of wanted) {
    const call = await store.readCall(callId, { correlate: false, messagesMax: 5_000 }, signal)
    const sightings = call?.messages.reduce((sum, { taps }) => sum + taps.length, 0)
    expect([callId, sightings, call?.messagesOmitted]).toEqual([callId, count, 0])
    expect(call?.ladder.arrows).toHaveLength(call!.messages.length)
    expect(call?.verdict).not.toBe('')
  }
  const invites = await searchAll(store, 'method:INVITE')
  expect(invites.length).toBeGreaterThan(5)
  expect(invites.every(({ method }) => method === 'INVITE')).toBeTrue()
  const refused = await searchAll(store, 'status:4xx')
  expect(refused.every(({ status }) => status! >= 400 && status! < 500)).toBeTrue()
  expect(refused.length + (await searchAll(store, '-status:4xx')).length).toBe(rows.length)
})
