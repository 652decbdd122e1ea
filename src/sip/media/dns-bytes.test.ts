import { expect, test } from 'bun:test'
import { readDnsBytes } from './dns-bytes.ts'

const name = (text: string) =>
  Buffer.concat([
    ...text
      .split('.')
      .map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1')),
    Buffer.alloc(1),
  ])
const u16 = (...values: readonly number[]) => Buffer.from(values.flatMap((v) => [v >> 8, v & 255]))

const QUESTION = Buffer.concat([name('_sip._udp.example.org'), u16(33, 1)])
const query = (flags: number, answers = 0) => u16(77, flags, 1, answers, 0, 0)
/** An answer for the name of the question, by pointer. */
const answer = (type: number, data: Buffer) =>
  Buffer.concat([u16(0xc00c, type, 1, 0, 60, data.length), data])

test('readDnsBytes reads a query, and a response with compressed names', () => {
  expect(readDnsBytes(Buffer.concat([query(0x0100), QUESTION]))).toEqual({
    ...{ kind: 'dns', isResponse: false, type: 'SRV', name: '_sip._udp.example.org', status: '' },
    answers: [],
  })
  const answers = [
    // 'a' and then a pointer to 'example.org' in the question
    answer(33, Buffer.concat([u16(10, 5, 5060), Buffer.from([1, 97, 0xc0, 12 + 10])])),
    answer(1, Buffer.from([10, 0, 0, 5])),
    answer(35, Buffer.concat([u16(1, 2), Buffer.from('\x01s\x07SIP+D2U')])),
  ]
  const response = readDnsBytes(Buffer.concat([query(0x8180, 3), QUESTION, ...answers]))
  expect(response).toMatchObject({
    ...{ isResponse: true, status: 'NOERROR' },
    answers: ['SRV 10 5 5060 a.example.org', 'A 10.0.0.5', 'NAPTR s SIP+D2U'],
  })
})

test('readDnsBytes ends with names that point at themselves or beyond, wherever it is cut', () => {
  const loop = Buffer.concat([query(0x0100), u16(0xc00c), u16(1, 1), Buffer.alloc(8)])
  expect(readDnsBytes(loop)).toBeUndefined()
  const whole = Buffer.concat([
    query(0x8183, 1),
    QUESTION,
    answer(5, Buffer.from([1, 98, 0xc0, 12])),
  ])
  for (let end = 0; end < whole.length; end += 1) readDnsBytes(whole.subarray(0, end))
  expect(readDnsBytes(whole)).toMatchObject({
    ...{ status: 'NXDOMAIN', answers: ['CNAME b._sip._udp.example.org'] },
  })
})
