import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseSdp, summariseSdp } from './index.ts'

const OFFER = `v=0
o=alice 2890844526 7 IN IP4 host.example
s=-
c=IN IP4 10.0.0.1/127
t=0 0
a=ice-ufrag:F7gI
m=audio 4000/2 RTP/SAVP 8 96 101
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:101 telephone-event/8000
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret
a=rtcp:53020 IN IP4 10.0.0.1
a=sendonly
m=video 0 RTP/AVP 31
c=IN IP6 2001:db8::1
m=image 5000 udptl t38
`

test('parseSdp reads origin, connection and every stream', () => {
  const sdp = parseSdp(OFFER)
  expect(sdp).toMatchObject({
    origin: { username: 'alice', sessionId: '2890844526', version: '7', address: 'host.example' },
    connection: '10.0.0.1',
  })
  expect(sdp?.media[0]).toEqual({
    type: 'audio',
    ip: '10.0.0.1',
    port: 4000,
    protocol: 'RTP/SAVP',
    formats: [
      { id: '8', name: 'PCMA/8000', parameters: '' },
      { id: '96', name: 'opus/48000/2', parameters: 'useinbandfec=1' },
      { id: '101', name: 'telephone-event/8000', parameters: '' },
    ],
    direction: 'sendonly',
    encrypted: true,
    rtcpPort: 53020,
    ice: true,
  })
  expect(sdp?.media[1]).toMatchObject({
    type: 'video',
    ip: '2001:db8::1',
    port: 0,
    direction: 'sendrecv',
  })
})

test('parseSdp takes direction and fingerprint of the session for every stream', () => {
  const sdp = parseSdp('v=0\r\na=inactive\r\na=fingerprint:sha-256 AB\r\nm=audio 1 RTP/AVP 0\r\n')
  expect(sdp?.media[0]).toMatchObject({ direction: 'inactive', encrypted: true, ip: '' })
})

test('parseSdp finds the description in a multipart body beside binary ISUP', () => {
  const body = Buffer.concat([
    Buffer.from('--b\r\nContent-Type: application/ISUP\r\n\r\n'),
    Buffer.from([1, 0, 0xff, 10, 13]),
    Buffer.from(
      `\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${OFFER.replaceAll('\n', '\r\n')}--b--\r\n`,
    ),
  ])
  expect(parseSdp(body)?.media).toHaveLength(3)
})

test('parseSdp says undefined where there is none', () => {
  for (const body of ['', 'hello', '<xml/>', 'o=no version']) expect(parseSdp(body)).toBeUndefined()
})

test('parseSdp never throws and keeps to its limits', () => {
  const line = fc
    .tuple(fc.constantFrom(...'vosctmabz'), fc.string({ maxLength: 40 }))
    .map(([t, v]) => `${t}=${v}`)
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const sdp = parseSdp(['v=0', ...lines].join('\n'))
      expect(typeof summariseSdp(sdp!)).toBe('string')
    }),
  )
  const many = parseSdp(`v=0\n${`m=audio 1 RTP/AVP ${'0 '.repeat(200)}\n`.repeat(200)}`)
  expect(many?.media).toHaveLength(32)
  expect(many?.media[0]?.formats).toHaveLength(64)
})

test('summariseSdp says in one line what is offered', () => {
  expect(summariseSdp(parseSdp(OFFER)!)).toBe(
    'audio 10.0.0.1:4000 PCMA/8000,opus/48000/2 sendonly encrypted · video refused · image 10.0.0.1:5000 t38 sendrecv',
  )
  expect(summariseSdp(parseSdp('v=0\nc=IN IP6 2001:db8::9\nm=audio 6 RTP/AVP 101\n')!)).toBe(
    'audio [2001:db8::9]:6 101 sendrecv',
  )
  expect(summariseSdp(parseSdp('v=0\n')!)).toBe('no media')
})
