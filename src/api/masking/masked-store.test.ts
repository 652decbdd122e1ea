// Who may not see digits does not: in rows, calls, texts, packets, streams, and in what they search for.
import { describe, expect, test } from 'bun:test'
import type { CallMessage } from '#contract'
import { parseSip, type TracedMessage } from '#sip'
import { fixtureMessages } from '../../../test/fixture-messages.ts'
import { MemoryStore } from '../../../test/memory-store.ts'
import { LOCAL } from '../auth/identity.ts'
import type { ApiError } from '../errors.ts'
import { exportPcap } from '../export/pcap.ts'
import { maskQuery } from './mask-query.ts'
import { storeFor } from './masked-store.ts'
import type { Masking } from './masking.ts'
import { cipher, KEEP } from './test-masking.ts'

const never = new AbortController().signal

/** A call between two numbers, with its Call-ID made of one of them. */
function numbered(): { store: MemoryStore; caller: string; callId: string } {
  const caller = '4989555123456'
  const callId = `${caller}@pbx`
  const text =
    `INVITE sip:4930777888999@10.0.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n` +
    `From: "${caller}" <sip:${caller}@pbx>;tag=1\r\nTo: <sip:4930777888999@pbx>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n`
  const payload = Buffer.from(text)
  const sip = parseSip(payload)
  if (sip.kind === 'malformed') throw new Error('the test message does not parse')
  const message: TracedMessage = { ...fixtureMessages()[0]!, payload, sip, correlationId: caller }
  const log = { ...message, protocolType: 100, sip: undefined, correlationId: callId }
  const line = Buffer.from(`call ${callId} from +${caller} to 4930777888999`)
  return { store: new MemoryStore([message, { ...log, payload: line }]), caller, callId }
}

describe('storeFor', () => {
  const who = (masking: Masking | undefined) => ({ ...LOCAL, masking })

  test('shows nothing of a number in rows, call, packets, stream, and all of them agree', async () => {
    const { store, caller, callId } = numbered()
    const masked = storeFor(store, who(KEEP))
    const search = { q: '', fromUs: undefined, toUs: undefined, limit: 10, cursor: undefined }
    const page = await masked.searchCalls(search, never)
    const [row] = page.calls
    expect(row).toMatchObject({ from: '4989xxxxxxx56', to: '4930xxxxxxx99' })
    expect(row!.callId).not.toContain(caller)
    const call = (await masked.readCall(row!.callId, { correlate: true, messagesMax: 9 }, never))!
    expect(call.summary).toEqual(row!)
    const [sip, log] = [1, 100].map(
      (one) => call.messages.find(({ protocol }) => protocol === one)!,
    ) as [CallMessage, CallMessage]
    expect(sip.raw).toContain(`Call-ID: ${row!.callId}\r\n`)
    expect(sip.raw).toContain('<sip:4989xxxxxxx56@pbx>')
    expect(log.raw).toBe(`call ${row!.callId} from +4989xxxxxxx56 to 4930xxxxxxx99`)
    const trace = await masked.readTrace([row!.callId], never)
    expect(trace[0]!.payload.toString()).toBe(sip.raw)
    const events = masked.tail('', never)[Symbol.asyncIterator]()
    const next = events.next()
    await Bun.sleep(1)
    store.emit({ kind: 'call', call: store.row(callId) })
    expect((await next).value).toEqual({ kind: 'call', call: row! })
    const pcap = Buffer.from(exportPcap(trace, [row!.callId])).toString('latin1')
    for (const shown of [page, call, trace, pcap])
      for (const secret of [caller.slice(2, 10), '30777888'])
        expect(JSON.stringify(shown)).not.toContain(secret)
  })

  test('finds a call by the Call-ID it showed, and by the real one', async () => {
    const { store, callId } = numbered()
    const masked = storeFor(store, who(KEEP))
    const options = { correlate: true, messagesMax: 9 }
    const found = await masked.readCall(callId, options, never)
    expect((await masked.readCall(found!.callId, options, never))!.callId).toBe(found!.callId)
    expect(found!.callId).not.toBe(callId)
    expect(await masked.readCall('nobody', options, never)).toBeUndefined()
  })

  test('a cursor is sealed: it can be used and not read', async () => {
    const masked = storeFor(new MemoryStore(), who(KEEP))
    const search = { q: '', fromUs: undefined, toUs: undefined, limit: 3, cursor: undefined }
    const first = await masked.searchCalls(search, never)
    expect(first.nextCursor!.length).toBeGreaterThan(30)
    const second = await masked.searchCalls({ ...search, cursor: first.nextCursor! }, never)
    expect(second.calls[0]).not.toEqual(first.calls[0]!)
    const forged = { ...search, cursor: 'MTI' }
    expect(masked.searchCalls(forged, never)).rejects.toMatchObject({ code: 'bad_parameter' })
  })

  test('is the store itself for those from whom nothing is hidden', () => {
    const store = new MemoryStore()
    expect(storeFor(store, who(undefined)) as unknown).toBe(store)
  })
})

describe('maskQuery', () => {
  const code = (q: string): string => {
    try {
      maskQuery(q, KEEP, cipher)
      return 'allowed'
    } catch (error) {
      return (error as ApiError).place.reason ?? 'other'
    }
  }
  test.each([
    ...['from:49891*', 'from:*3456', '-to:+49891*', 'from:1|49891*', 'from:"4989"*', '4989123*'],
    ...['callid:*4989123*', 'header.X-Foo:*12345', 'text:498912', 'user:4*1', 'ruri:4\\*9*'],
  ])('refuses to search for part of a number: %s', (q) => expect(code(q)).toBe('masked'))

  test.each([
    ...['from:4989123456', 'from:4989*', 'from:*56', 'from:ali*', 'status:4xx ip:10.0.0.*'],
    ...['outcome:failed|busy -to:110', 'header.X-Foo:bar*', 'ua:"PBX 20"', 'setup:>300ms'],
  ])('lets a whole number and its shown ends be searched for: %s', (q) =>
    expect(code(q)).toBe('allowed'),
  )

  test('a Call-ID as it was shown finds the call', () =>
    expect(maskQuery(`callid:${cipher.hide('4989123456@x')}`, KEEP, cipher)).toBe(
      `callid:4989123456@x|${cipher.hide('4989123456@x')}`,
    ))
})
