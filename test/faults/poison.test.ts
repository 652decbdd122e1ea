import { expect, test } from 'bun:test'
import type { CallPage } from '#contract'
import type { HepPacketFields } from '#hep'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { ask, startProgram, temporaryDirectory } from '../program.ts'
import { numberedFrame, numberedText, postFrames } from './numbered-frames.ts'
import { expectNothingLost, identityOfFrame } from './truth.ts'

const GOOD_PER_BODY = 40
const DAY_US = 86_400_000_000

const text = (head: string) => Buffer.from(`${head}\r\nContent-Length: 0\r\n\r\n`, 'latin1')
const sip = (over: Record<string, string>) => {
  const headers = {
    Via: 'SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK-poison',
    From: '<sip:poison@faults.example>;tag=1',
    To: '<sip:sink@faults.example>',
    'Call-ID': 'poison@faults.example',
    CSeq: '1 INVITE',
    ...over,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return text(['INVITE sip:sink@faults.example SIP/2.0', ...lines].join('\r\n'))
}

/** Frames that have brought down capture servers, or would lose a batch in PostgreSQL. */
const POISONS: Record<string, Partial<HepPacketFields>> = {
  'NUL in every header': {
    payload: sip({ From: '<sip:a\0b@c\0d>;tag=\0', 'Call-ID': 'x\0y', 'User-Agent': '\0' }),
  },
  'invalid UTF-8': {
    payload: sip({ From: '"\xff\xfe\xc3" <sip:\xff@\xfe>', 'User-Agent': '\xed\xa0\x80' }),
  },
  'a header of 60 kB': { payload: sip({ 'User-Agent': 'x'.repeat(60_000), 'X-Long': 'y' }) },
  'a Call-ID of 60 kB': { payload: sip({ 'Call-ID': 'z'.repeat(60_000) }) },
  'an empty Call-ID': { payload: sip({ 'Call-ID': '' }) },
  'no SIP at all': { payload: Buffer.from([0, 255, 1, 254, 10, 13]) },
  'one byte': { payload: Buffer.from('x') },
  'JSON that is none, of an unknown type': { payload: Buffer.from('{"a":'), protocolType: 199 },
  'RTCP without anything': { payload: Buffer.from('{}'), protocolType: 5, correlationId: '' },
  'node name and correlation id with NUL and quotes': {
    captureNode: `edge"'\\\0x`,
    correlationId: `"'\0;drop table call_segments;--`,
    payload: Buffer.from('log line \0 with NUL'),
    protocolType: 100,
  },
  'a capture id beyond a signed integer': { captureId: 0xffff_fffe },
  'the largest time there is': { atUs: 0xffff_ffff * 1e6 + 999_999 },
  'the year 1971': { atUs: 31_536_000_000_000 },
  'no time': { atUs: 0 },
  'ten days ago': { atUs: Date.now() * 1000 - 10 * DAY_US },
  'two days ahead': { atUs: Date.now() * 1000 + 2 * DAY_US },
  'a status beyond a smallint': {
    payload: text('SIP/2.0 99999 Odd\r\nCall-ID: odd\r\nCSeq: 1 INVITE'),
  },
  'a CSeq beyond a bigint': { payload: sip({ CSeq: `${'9'.repeat(40)} INVITE` }) },
}

test('a poisoned message at any place of a batch is stored, and the good ones beside it are found', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-poison-')
  const program = await startProgram([
    ...['--data-dir', data.path, '--database', database.url],
    ...['--store-custom-headers', 'X-Long,User-Agent', '--store-batch-wait', '100ms'],
  ])
  const promised: string[] = []
  let series = 0
  for (const fields of Object.values(POISONS))
    for (const place of ['alone', 'first', 'middle', 'last'] as const) {
      const frames = bodyWith(`p${series++}`, fields, place)
      const answer = await postFrames(program.url, frames)
      expect(answer.status).toBe(200)
      expect((await answer.json()).appended).toBe(frames.length)
      promised.push(...frames.filter((frame) => !isPoison(frame)).map(identityOfFrame))
    }
  const { ledger, stored } = await expectNothingLost(program, database.sql, { promised })
  expect(stored.messages).toBe(ledger.received)
  expect(ledger.rejected.total + ledger.dropped.total).toBe(0)
  const { calls } = await ask<CallPage>(program, '/api/v1/calls?q=from:p5-*&limit=50')
  expect(calls.length).toBe(4)
  expect(await program.stop()).toBe(0)
}, 60_000)

const isPoison = (frame: Buffer) => frame.includes('X-Series: ')

type Place = 'alone' | 'first' | 'middle' | 'last'

function bodyWith(series: string, fields: Partial<HepPacketFields>, place: Place): Buffer[] {
  // Each sighting differs, so that a missing or doubled one shows.
  const unique = Buffer.from(`\r\nX-Series: ${series}`)
  const payload = Buffer.concat([fields.payload ?? Buffer.from(numberedText(series, 999)), unique])
  const poison = numberedFrame(series, 999, { ...fields, payload })
  if (place === 'alone') return [poison]
  const good = Array.from({ length: GOOD_PER_BODY }, (_, i) => numberedFrame(series, i))
  const at = { first: 0, middle: GOOD_PER_BODY / 2, last: GOOD_PER_BODY }[place]
  return good.toSpliced(at, 0, poison)
}

test('agents whose clocks jump, and a partition dropped under its writer, lose nothing', async () => {
  await using database = await testDatabase()
  using data = temporaryDirectory('calliope-clock-')
  const program = await startProgram([
    ...['--data-dir', data.path, '--database', database.url, '--store-batch-wait', '50ms'],
  ])
  const promised: string[] = []
  const post = async (series: string, shiftUs: (i: number) => number) => {
    const frames = Array.from({ length: 60 }, (_, i) =>
      numberedFrame(series, i, { atUs: Date.now() * 1000 + shiftUs(i) }),
    )
    expect((await postFrames(program.url, frames)).status).toBe(200)
    promised.push(...frames.map(identityOfFrame))
  }
  await post('swing', (i) => (i % 2 ? -1 : 1) * (i % 13) * 3_600_000_000)
  await post('back', (i) => -i * 0.2 * DAY_US)
  await expectNothingLost(program, database.sql, { promised })
  // An administrator's mistake: the partitions go, with what they held; what comes then is kept.
  const partitions = await database.sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'call_segments'::regclass`
  for (const { name } of partitions) await database.sql.unsafe(`drop table ${name}`)
  promised.length = 0
  await post('after', () => 0)
  const { calls } = await untilFound(program, 'from:after-*')
  expect(calls).toHaveLength(6)
  expect(calls.reduce((sum, { messageCount }) => sum + messageCount, 0)).toBe(60)
  expect(await program.stop()).toBe(0)
}, 60_000)

async function untilFound(program: Parameters<typeof ask>[0], q: string): Promise<CallPage> {
  for (const deadline = Date.now() + 20_000; ; ) {
    const page = await ask<CallPage>(program, `/api/v1/calls?q=${encodeURIComponent(q)}`)
    if (page.calls.length > 0 || Date.now() > deadline) return page
    await Bun.sleep(50)
  }
}
