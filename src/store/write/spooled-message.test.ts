import { expect, test } from 'bun:test'
import { isAscii } from 'node:buffer'
import { hepSkim, skimHep } from '#hep'
import { type SipMessage, sipSkim, skimSip, type TracedMessage } from '#sip'
import { readFixture } from '../../../test/fixtures/pcap.ts'
import { CallGroups } from './call-groups.ts'
import { SpooledMessage } from './spooled-message.ts'
import { incoming } from './test-spool.ts'
import { traceRecord } from './trace.ts'

const rules = {
  ...{ behindMsMax: 1e15, aheadMsMax: 1e15 },
}
const NOW_US = 1_795_300_000_000_000

/** What the quick way makes of a frame that lies in a chunk; undefined when it leaves it alone. */
function skimmed(frame: Buffer): TracedMessage | undefined {
  const chunk = Buffer.concat([Buffer.from('before'), frame, Buffer.from('behind')])
  if (!skimHep(chunk, 6, 6 + frame.length) || hepSkim.protocolType !== 1) return undefined
  if (!skimSip(chunk, hepSkim.payloadAt, hepSkim.payloadEnd)) return undefined
  const callId = chunk.toString('latin1', sipSkim.callIdAt, sipSkim.callIdEnd)
  const correlationId = chunk.toString('utf8', hepSkim.correlationAt, hepSkim.correlationEnd)
  return new SpooledMessage(chunk, NOW_US, false, callId, correlationId)
}

const SIP_FIELDS = [
  ...['kind', 'callId', 'cseq', 'cseqMethod', 'fromUser', 'fromDomain', 'fromTag', 'toUser'],
  ...[
    'toDomain',
    'toTag',
    'branch',
    'userAgent',
    'bodyAt',
    'mayJoin',
    'mayReport',
    'method',
    'ruriUser',
  ],
  ...['ruriDomain', 'status', 'reason'],
]
const allOf = (sip: SipMessage | undefined) =>
  SIP_FIELDS.map((field) => [field, sip?.[field as keyof SipMessage]])

test('SpooledMessage says of every real message what traceRecord says', () => {
  let compared = 0
  for (const { hep } of readFixture()) {
    const message = skimmed(hep)
    if (message === undefined) continue
    const traced = traceRecord({ ...incoming(hep, NOW_US), kind: 'frame' }, rules, NOW_US)
    if (traced.kind === 'refused') throw new Error(traced.detail)
    const { sip, payload, ...expected } = traced.message
    expect(message).toMatchObject(expected)
    expect(message.payload.equals(payload)).toBe(true)
    expect(allOf(message.sip)).toEqual(allOf(sip))
    compared += 1
  }
  expect(compared).toBeGreaterThan(780)
})

test('CallGroups puts skimmed messages and others of one Call-ID into one group', () => {
  const groups = new CallGroups()
  for (const { hep } of readFixture()) {
    const traced = traceRecord({ ...incoming(hep, NOW_US), kind: 'frame' }, rules, NOW_US)
    const id = traced.kind === 'traced' ? traced.message.sip?.callId : undefined
    // Others than ASCII are never skimmed.
    if (traced.kind === 'refused' || id === undefined || !isAscii(Buffer.from(id))) continue
    groups.add(traced.message)
    const bytes = Buffer.from(`<<${id}>>`)
    expect(groups.groupAt(1, bytes, 2, bytes.length - 2).messages).toContain(traced.message)
    expect(groups.groupAt(5, bytes, 2, bytes.length - 2).messages).toEqual([])
  }
  expect(groups.all.filter(({ protocol }) => protocol === 1).length).toBeGreaterThan(50)
})
