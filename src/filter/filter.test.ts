import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { openFilter } from './index.ts'
import { AT_US, filtered, invite, OPTIONS, packetOf, passed, place } from './test-packet.ts'

test('openFilter without options passes every packet as it is, and says that it may change none', async () => {
  using filter = await openFilter({})
  const packet = packetOf()
  expect(filter.isIdle).toBe(true)
  expect(filter.mayChange(1, 'INVITE')).toBe(false)
  const answer = passed(filter.apply(packet, place()))
  expect(answer.packet).toBe(packet)
  expect(answer).toMatchObject({ alegId: '', said: undefined, sip: { fromUser: 'alice' } })
})

test('Filter discards and censors by the method of the CSeq, and nothing that is not SIP', async () => {
  const options = { discardMethods: ['OPTIONS'], censorMethods: ['INVITE'] }
  using filter = await openFilter(options)
  expect(filter.apply(packetOf(OPTIONS), place())).toMatchObject({ reason: 'discarded' })
  const answer = passed(filter.apply(packetOf(), place()))
  expect(answer.packet.payload.toString()).toBe(invite().replace('v=0\r\nbody', 'x'.repeat(9)))
  const log = packetOf(OPTIONS, { protocolType: 100 })
  expect(passed(filter.apply(log, place())).packet).toBe(log)
  expect([1, 100].map((type) => filter.mayChange(type, 'OPTIONS'))).toEqual([true, false])
  expect(filter.mayChange(1, 'BYE')).toBe(false)
})

test('Filter.apply leaves the bytes of a censored packet alone: they may be read again', async () => {
  const packet = packetOf()
  const before = packet.payload.toString('hex')
  await filtered({ censorMethods: ['INVITE'] }, packet)
  expect(packet.payload.toString('hex')).toBe(before)
})

test('Filter drops what comes again within dedupMs, by packet time, whoever sends it', async () => {
  using filter = await openFilter({ dedupMs: 500 })
  const at = (ms: number, number: number, more: object = {}) =>
    filter.apply(packetOf(invite(), { atUs: AT_US + ms * 1000, ...more }), place(number)).kind
  expect(at(0, 1)).toBe('passed')
  expect(at(499, 2, { srcIp: '192.0.2.1' })).toBe('discarded')
  expect(at(-499, 3)).toBe('discarded') // another agent's clock is behind
  expect(at(500, 4)).toBe('passed')
  expect(at(700, 5)).toBe('discarded') // counted from the one that was kept
  expect(filter.apply(packetOf(OPTIONS), place(6)).kind).toBe('passed')
})

test('Filter does not take a frame that is read again for a duplicate of itself', async () => {
  using filter = await openFilter({ dedupMs: 500 })
  const frames = [place(1), place(2), place(1, 'tcp')]
  const answers = () => frames.map((at) => filter.apply(packetOf(), at).kind)
  expect(answers()).toEqual(['passed', 'discarded', 'discarded'])
  expect(answers()).toEqual(['passed', 'discarded', 'discarded'])
})

test('Filter counts packets without a clock by when they reached us, for duplicates', async () => {
  using filter = await openFilter({ dedupMs: 500 })
  const timeless = packetOf(invite(), { atUs: 0 })
  const apply = (receivedUs: number, number: number) =>
    filter.apply(timeless, { ...place(number), receivedUs }).kind
  expect([apply(AT_US, 1), apply(AT_US + 400_000, 2), apply(AT_US + 600_000, 3)]).toEqual([
    ...['passed', 'discarded', 'passed'],
  ] as never)
})

test('Filter takes the other leg from a header; chunk 17 counts more unless that is forced', async () => {
  const leg = invite('x-leg: call=77;x\r\nX-CID: other\r\n')
  const ids = async (alegIds: string[], more: object = {}, forceAlegId = false) => {
    const options = { alegIds, forceAlegId }
    const { alegId, packet } = passed(await filtered(options, packetOf(leg, more)))
    return [alegId, packet.correlationId]
  }
  expect(await ids(['X-CID'])).toEqual(['other', 'other'])
  expect(await ids(['X-Leg,call=(\\d+)'])).toEqual(['77', '77'])
  expect(await ids(['X-Leg=call=\\d+'])).toEqual(['call=77', 'call=77'])
  expect(await ids(['X-CID', 'X-Leg,nothing(.)'])).toEqual(['other', 'other'])
  expect(await ids(['X-CID', 'X-Leg,(?i)CALL=(?P<id>\\d+)'])).toEqual(['other', 'other']) // the last header
  expect(await ids(['X-None'])).toEqual(['', ''])
  const agent = { correlationId: 'agent' }
  expect(await ids(['X-CID'], agent)).toEqual(['other', 'agent'])
  expect(await ids(['X-CID'], agent, true)).toEqual(['other', 'other'])
})

test('openFilter names the header whose expression cannot be read', async () => {
  await expect(openFilter({ alegIds: ['X-CID,('] })).rejects.toThrow("'X-CID,('")
  await expect(openFilter({ alegIds: [',x'] })).rejects.toThrow(
    'must begin with the name of a header',
  )
})

test('Filter.change keeps the old rules when the new ones cannot be read', async () => {
  using filter = await openFilter({ discardMethods: ['OPTIONS'] })
  await expect(filter.change({ alegIds: ['X-CID,('] })).rejects.toThrow()
  expect(filter.apply(packetOf(OPTIONS), place()).kind).toBe('discarded')
  await filter.change({ discardMethods: ['INVITE'] })
  expect(filter.apply(packetOf(OPTIONS), place()).kind).toBe('passed')
  expect(filter.apply(packetOf(), place()).kind).toBe('discarded')
})

test('Filter.mayChange says false only of packets that pass as they are', async () => {
  const options = { discardMethods: ['OPTIONS'], censorMethods: ['BYE'], alegIds: [] as string[] }
  using filter = await openFilter(options)
  const methods = fc.constantFrom('INVITE', 'OPTIONS', 'BYE', 'REGISTER')
  fc.assert(
    fc.property(methods, fc.constantFrom(1, 5, 100), (method, protocolType) => {
      const packet = packetOf(invite().replaceAll('INVITE', method), { protocolType })
      if (filter.mayChange(protocolType, method)) return
      expect(passed(filter.apply(packet, place())).packet).toBe(packet)
    }),
  )
})

test('Filter.apply never throws, whatever the payload and its type', async () => {
  using filter = await openFilter({
    ...{ discardMethods: ['OPTIONS'], censorMethods: ['INVITE'], dedupMs: 500 },
    alegIds: ['X-CID,(x+)+$'],
  })
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1 }),
      fc.integer({ min: 0, max: 255 }),
      (bytes, type) => {
        filter.apply(packetOf(Buffer.from(bytes), { protocolType: type }), place())
      },
    ),
  )
})
