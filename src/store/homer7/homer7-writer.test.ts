import { expect, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { callFrames, incoming } from '../write/test-spool.ts'
import { hep, homer7Rig, sip } from './test-homer7.ts'

const AT_US = Math.floor(Date.now() / 1000) * 1e6 + 123_456

test('Homer7Writer stores a call as heplify-server does: sid, times, headers, raw', async () => {
  await using rig = await homer7Rig()
  const payload = sip(
    [
      'INVITE sip:+4989;ext=1@b.example:5061;user=phone SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1',
      'From: "A <x>" <sip:alice@A.example>;tag=a1',
      't: <sip:bob@b.example>',
      'Call-ID:  call-1 ',
      'CSeq: 1 INVITE',
      'User-Agent: "Phone" \\ 1',
    ],
    'v=0',
  )
  rig.spool.append([hep(payload, { atUs: AT_US, captureNode: 'no"de' })])
  await rig.store()
  const [row] = await rig.rows('1_call')
  expect(row).toMatchObject({ sid: 'call-1', raw: payload, create_date: new Date(AT_US / 1000) })
  expect(row!.protocol_header).toEqual({
    ...{ protocolFamily: 2, protocol: 17, srcIp: '10.0.0.1', dstIp: '10.0.0.2' },
    ...{ srcPort: 5060, dstPort: 5062, timeSeconds: Math.floor(AT_US / 1e6) },
    ...{ timeUseconds: 123_456, payloadType: 1, captureId: 'no"de', correlation_id: 'call-1' },
  })
  expect(row!.data_header).toEqual({
    ...{ ruri_user: '+4989', ruri_domain: 'b.example', from_user: 'alice', from_tag: 'a1' },
    ...{ to_user: 'bob', to_tag: '', callid: 'call-1', cseq: '1 INVITE', method: 'INVITE' },
    user_agent: '"Phone" \\ 1',
  })
})

test('Homer7Writer deals messages out to the tables by CSeq method and protocol type', async () => {
  await using rig = await homer7Rig()
  rig.spool.append([
    ...callFrames('call-1', { steps: ['INVITE', '200', '200 BYE', 'REFER', 'NOTIFY'] }),
    ...callFrames('reg-1', { steps: ['REGISTER', '401 REGISTER'] }),
    ...callFrames('opt-1', { steps: ['OPTIONS', 'SUBSCRIBE', 'PUBLISH', 'MESSAGE'] }),
    ...[5, 34, 35, 38, 53, 54, 100, 200, 2].map((protocolType) =>
      hep('{"a":1}', { protocolType, correlationId: 'call-1' }),
    ),
  ])
  await rig.store()
  const [counts] = await rig.database.sql`select
    (select count(*)::int from hep_proto_1_call) as call,
    (select count(*)::int from hep_proto_1_registration) as registration,
    (select count(*)::int from hep_proto_1_default) as other,
    (select count(*)::int from hep_proto_5_default) as rtcp,
    (select count(*)::int from hep_proto_35_default) as report,
    (select count(*)::int from hep_proto_53_default) as dns,
    (select count(*)::int from hep_proto_54_default) as isup,
    (select count(*)::int from hep_proto_100_default) as log`
  expect(counts).toEqual({
    ...{ call: 5, registration: 2, other: 4, rtcp: 1, report: 5, dns: 1, isup: 1, log: 1 },
  })
  const [rtcp] = await rig.rows('5_default')
  expect(rtcp).toMatchObject({ sid: 'call-1', data_header: { node: '2001', proto: 'rtcp' } })
  const reports = await rig.rows('35_default')
  expect(reports.map(({ data_header }) => data_header.proto)).toEqual([
    ...['rtpagent', 'rtcpxr', 'horaclifix', '200', '2'],
  ])
})

test('Homer7Writer keeps what heplify-server loses: no correlation id, bad UTF-8, short, no SIP', async () => {
  await using rig = await homer7Rig()
  const binary = Buffer.concat([
    Buffer.from(sip(['BYE sip:b SIP/2.0', 'Call-ID: call-2', 'CSeq: 2 BYE'])),
    Buffer.from([0, 0xff, 0x80, 65, 0xc3, 0xa4, 0xed, 0xa0, 0x80]),
  ])
  rig.spool.append([
    hep('a log line', { protocolType: 100 }),
    hep('\r\n\r\n'),
    hep('this is certainly no SIP message at all'),
    hep('INVITE sip:b SIP/2.0\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>\r\n\r\n', {
      correlationId: 'x',
    }),
    hep(binary),
  ])
  await rig.store()
  expect(await rig.rows('100_default')).toMatchObject([{ sid: '', raw: 'a log line' }])
  const others = await rig.rows('1_default')
  expect(others.map(({ raw }) => raw)).toEqual([
    '\r\n\r\n',
    'this is certainly no SIP message at all',
  ])
  expect(others[1]!.data_header.method).toBe('')
  const [headless, dirty] = await rig.rows('1_call')
  expect(headless).toMatchObject({ sid: 'x', data_header: { method: 'INVITE', from_user: 'a' } })
  expect(dirty!.raw.endsWith('\r\n\r\nAä')).toBeTrue()
})

test('Homer7Writer makes partitions for rows of any time, by their names, with all indexes', async () => {
  await using rig = await homer7Rig()
  const atUs = (Math.floor(Date.now() / 86_400_000) - 3) * 86_400_000_000 + 5 * 3_600_000_000
  rig.spool.append(callFrames('old', { atUs, steps: ['INVITE'] }))
  await rig.store()
  const day = new Date(atUs / 1000).toISOString().slice(0, 10).replaceAll('-', '')
  const name = `hep_proto_1_call_${day}_0400`
  const [row] = await rig.database
    .sql`select tableoid::regclass::text as name from hep_proto_1_call`
  expect(row.name).toBe(name)
  const indexes: { name: string }[] = await rig.database
    .sql`select indexname as name from pg_indexes where tablename = ${name} order by 1`
  expect(indexes.map((index) => index.name)).toEqual(
    [
      ...['auth_user', 'callid', 'correlation_id', 'create_date', 'dstip', 'from_user', 'method'],
      ...['pid_user', 'ruri_domain', 'ruri_user', 'sid', 'srcip', 'to_user'],
    ].map((ending) => `${name}_${ending}`),
  )
})

test('Homer7Writer sets a row that is refused aside, with the reason, and stores the others', async () => {
  await using rig = await homer7Rig()
  await rig.store()
  await rig.database.sql.unsafe(
    `alter table hep_proto_1_call add constraint no_mallory check (data_header->>'from_user' <> 'mallory')`,
  )
  rig.spool.append([
    ...callFrames('good-1'),
    ...callFrames('bad', { from: 'mallory', steps: ['INVITE'] }),
    ...callFrames('good-2'),
  ])
  await rig.store()
  expect(await rig.rows('1_call')).toHaveLength(14)
  const aside = await rig.database.sql`
    select table_name, reason, convert_from(sid, 'UTF8') as sid,
      convert_from(data_header, 'UTF8')::jsonb->>'from_user' as from_user from calliope_homer7_set_aside`
  expect(aside).toHaveLength(1)
  expect(aside[0]).toMatchObject({
    table_name: 'hep_proto_1_call',
    sid: 'bad',
    from_user: 'mallory',
  })
  expect(aside[0].reason).toContain('no_mallory')
  const [cursor] = await rig.database.sql`select records, stored from calliope_homer7_cursors`
  expect(cursor).toEqual({ records: '15', stored: '15' })
})

test('Homer7Writer puts a forced payload into data_header, unless it is no JSON', async () => {
  await using rig = await homer7Rig()
  const options = { correlationId: 'c', protocolType: 38 }
  rig.spool.append([
    hep('{"mos": 4.1}', options),
    hep('{"cut', options),
    hep('{"a":"\\u0000"}', options),
  ])
  rig.spool.append([hep('{"x":1}', { ...options, protocolType: 34 })])
  await rig.store({ forcePayloadTypes: [38] })
  const small = { node: '2001', proto: 'horaclifix' }
  const rows = await rig.rows('35_default')
  expect(rows[0]!.data_header).toEqual({ mos: 4.1 })
  expect(JSON.parse(rows[0]!.raw)).toEqual(small)
  expect(rows.slice(1, 3)).toMatchObject([
    { data_header: small, raw: '{"cut' },
    { data_header: small, raw: '{"a":"\\u0000"}' },
  ])
  expect(rows[3]).toMatchObject({ data_header: { proto: 'rtpagent' }, raw: '{"x":1}' })
})

test('Homer7Writer names an ISUP message by its circuit', async () => {
  await using rig = await homer7Rig()
  const isup = {
    ...{ cic: 12, dpc: 3, opc: 7, msg_name: 'IAM' },
    ...{ called_number: { num: '4711' }, calling_number: { num: '0815' } },
  }
  rig.spool.append([
    hep(JSON.stringify(isup), { protocolType: 54 }),
    hep('no json', { protocolType: 54 }),
  ])
  await rig.store()
  const rows = await rig.rows('54_default')
  expect(rows[0]).toMatchObject({
    sid: '3:7:12',
    data_header: { ...isup, called_number: '4711', calling_number: '0815', callid: '3:7:12' },
  })
  expect(rows[1]).toMatchObject({ sid: '0:0:0', data_header: { cic: 0, msg_name: '' } })
})

test('Homer7Writer keeps what the filter lets pass, as it left it, and counts the rest by reason', async () => {
  await using rig = await homer7Rig()
  const legs = { headers: ['X-CID: other-leg'], hep: { correlationId: 'agent' } }
  rig.spool.append([
    ...callFrames('call-1', { ...legs, steps: ['INVITE', '200'] }),
    ...callFrames('opt-1', { steps: ['OPTIONS', '200 OPTIONS'] }),
    ...callFrames('msg-1', { steps: ['MESSAGE'] }),
  ])
  await rig.store({
    sipHeaders: ['callid', 'callid_aleg'],
    filter: {
      ...{ discardMethods: ['OPTIONS'], censorMethods: ['MESSAGE'] },
      ...{ alegIds: ['X-CID'], forceAlegId: true },
    },
  })
  const [invite] = await rig.rows('1_call')
  expect(invite!.data_header).toEqual({ callid: 'call-1', callid_aleg: 'other-leg' })
  expect(invite).toMatchObject({ sid: 'call-1', protocol_header: { correlation_id: 'other-leg' } })
  const others = await rig.rows('1_default')
  expect(others).toHaveLength(1)
  expect(others[0]!.raw.endsWith('\r\n\r\nxxxx')).toBeTrue()
  const [cursor] = await rig.database
    .sql`select records, stored, rejected from calliope_homer7_cursors`
  expect(cursor).toEqual({ records: '5', stored: '3', rejected: { discarded: 2 } })
})

test('Homer7Writer passes over what was brought out of homer7 tables: its rows are there', async () => {
  await using rig = await homer7Rig()
  const [frame = Buffer.alloc(0)] = callFrames('moved', { steps: ['INVITE'] })
  const lane = rig.spool.lane()
  lane.append({ ...incoming(frame), transport: 'import' })
  lane.append(incoming(frame))
  lane.flush()
  await rig.store()
  expect(await rig.rows('1_call')).toHaveLength(1)
  const [cursor] = await rig.database.sql`select records, stored from calliope_homer7_cursors`
  expect(cursor).toEqual({ records: '2', stored: '2' })
})

test('Homer7Writer notes senders and refused frames in the ledger where it is alone', async () => {
  await using rig = await homer7Rig()
  await migrate(rig.database.sql)
  rig.spool.append(callFrames('call-1'))
  await rig.store({ ledgerUrl: rig.database.url })
  const [sums] = await rig.database.sql`
    select (select sum(packets)::int from sources) as packets, stored::int, records::int,
      (intake->>'received')::int as received from spool_cursors`
  expect(sums).toEqual({ packets: 7, stored: 7, records: 7, received: 7 })
})
