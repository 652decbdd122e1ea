// Messages that have something wrong with them: well-formed HEP, or intake would refuse it, around what
// no searched column, no clock and no SIP parser likes. Each must be stored like any other message.
import { encodeHep, type HepPacketFields } from '#hep'

const WIDE_CHARS = 500
const LONG_BYTES = 60_000
/** The database has a trigger that refuses rows of this user. */
export const REFUSED_USER = 'refused-by-a-trigger'

/** An INVITE of a call; text is Latin-1, so that any byte can be written. */
export function invite(
  callId: string,
  { from = 'alice', to = 'bob', agent = 'phone', headers = [] as readonly string[] } = {},
): Buffer {
  return Buffer.from(
    [
      `INVITE sip:${to}@example.org SIP/2.0`,
      'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK-1',
      `From: <sip:${from}@example.org>;tag=1`,
      `To: <sip:${to}@example.org>`,
      `Call-ID: ${callId}`,
      'CSeq: 1 INVITE',
      `User-Agent: ${agent}`,
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
    'latin1',
  )
}

export const frameOf = (payload: Buffer, fields: Partial<HepPacketFields> = {}): Buffer =>
  encodeHep({
    ...{ srcIp: '10.0.0.1', dstIp: '10.0.0.2', srcPort: 5060, dstPort: 5060 },
    ...{ atUs: Date.now() * 1000, payload },
    ...fields,
  })

/** In every field people search by. */
const everywhere = (bytes: string) =>
  frameOf(
    invite(`${bytes}${nonce()}`, {
      ...{ from: `p${bytes}`, to: `q${bytes}`, agent: `a${bytes}` },
      headers: [`X-Foo: f${bytes}`, `X-CID: c${bytes}`, `Session-ID: ${bytes};remote=${bytes}`],
    }),
  )

/** Characters of three bytes each that do not compress: the longest index entries there can be. */
const wide = (): string =>
  utf8(
    String.fromCharCode(
      ...Array.from({ length: WIDE_CHARS }, () => 0x4e00 + Math.floor(Math.random() * 0x5000)),
    ),
  )
const utf8 = (text: string): string => Buffer.from(text).toString('latin1')
const nonce = (): string => Math.random().toString(36).slice(2)
const bytes = (...values: number[]): Buffer => Buffer.from(values)
const chunk = (type: number, body: Buffer) => [{ vendor: 0, type, body }]
const call = () => invite(`poison-${nonce()}`)

/** Each by name; called again it makes another such message. */
export const POISONS: Readonly<Record<string, () => Buffer>> = {
  'NUL in every searched field': () => everywhere('a\0b\0'),
  'bytes that are not UTF-8': () => everywhere('\xff\xfe\xc3(\xf0\x28\x8c'),
  'UTF-8 of half a surrogate pair': () => everywhere('\xed\xa0\x80'),
  'control characters, quotes, backslashes': () => everywhere('\x01\x7f"\'\\%_{}'),
  'wide characters up to every limit': () => everywhere(wide()),
  'a From of 60 KB': () => frameOf(invite(nonce(), { from: 'x'.repeat(LONG_BYTES) })),
  'a Call-ID of 60 KB': () => frameOf(invite(`${'y'.repeat(LONG_BYTES)}${nonce()}`)),
  'a custom header of 60 KB': () =>
    frameOf(invite(nonce(), { headers: [`X-Foo: ${'z'.repeat(LONG_BYTES)}`] })),
  'a correlation header of 60 KB': () =>
    frameOf(invite(nonce(), { headers: [`X-CID: ${'z'.repeat(LONG_BYTES)}`] })),
  'a time of 0': () => frameOf(call(), { atUs: 0 }),
  'the year 2106': () => frameOf(call(), { atUs: 4_294_967_295_000_000 }),
  'the year 1971': () => frameOf(call(), { atUs: 31_536_000_000_000 }),
  'more microseconds than a second has': () => {
    const frame = frameOf(call())
    frame.writeUInt32BE(0xffff_ffff, microsecondsAt(frame))
    return frame
  },
  'no SIP at all': () => frameOf(Buffer.from(`{"json":"${nonce()}"}`)),
  'random bytes as SIP': () => frameOf(Buffer.from(crypto.getRandomValues(new Uint8Array(900)))),
  'one byte as SIP': () => frameOf(bytes(Math.floor(Math.random() * 256))),
  'half a start line': () => frameOf(Buffer.from(`INVITE sip:${nonce()}`)),
  'an empty Call-ID': () => frameOf(invite('', { from: nonce() })),
  'no Call-ID': () =>
    frameOf(
      Buffer.from(
        call()
          .toString('latin1')
          .replace(/^Call-ID.*\r\n/m, ''),
        'latin1',
      ),
    ),
  'a status and a CSeq no number holds': () =>
    frameOf(
      Buffer.from(
        `SIP/2.0 99999 No\r\nCall-ID: ${nonce()}\r\nCSeq: 99999999999999999999 INVITE\r\n\r\n`,
      ),
    ),
  'protocol type 0': () => frameOf(call(), { protocolType: 0 }),
  'protocol type 77': () => frameOf(Buffer.from(nonce()), { protocolType: 77 }),
  'protocol type 255': () => frameOf(bytes(0, 255, ...Buffer.from(nonce())), { protocolType: 255 }),
  'RTCP that is none': () => frameOf(Buffer.from(nonce()), { protocolType: 5 }),
  'a node name and a correlation id of bytes': () =>
    frameOf(call(), { extras: [...chunk(17, bytes(0, 255, 254)), ...chunk(19, bytes(255, 0))] }),
  'a node name of wide characters': () =>
    frameOf(call(), { captureNode: Buffer.from(wide(), 'latin1').toString() }),
  'a node name of 60 KB': () => frameOf(call(), { captureNode: 'n'.repeat(LONG_BYTES) }),
  'a correlation id of 60 KB': () =>
    frameOf(Buffer.from(nonce()), { protocolType: 100, correlationId: 'k'.repeat(LONG_BYTES) }),
  'no addresses, and the largest numbers': () =>
    frameOf(call(), {
      ...{ srcIp: '', dstIp: '', srcPort: 65_535, dstPort: 65_535 },
      ...{ captureId: 0xffff_ffff, vlan: 65_535, ipProtocol: 255 },
    }),
  'a row the database refuses': () => frameOf(invite(nonce(), { from: REFUSED_USER })),
}

/** Chunk 10 is behind chunk 9 in what encodeHep makes; its body behind 6 bytes. */
function microsecondsAt(frame: Buffer): number {
  let at = 6
  while (frame.readUInt16BE(at + 2) !== 10) at += frame.readUInt16BE(at + 4)
  return at + 6
}
