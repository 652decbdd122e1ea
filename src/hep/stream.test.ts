import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { packetV3 } from '../../test/fixtures/hep-packets.ts'
import { readFixture } from '../../test/fixtures/pcap.ts'
import { checkHep, encodeHep, HepStream, type MalformedHep } from './index.ts'

const fixture = readFixture().map(({ hep }) => hep)
const real = fixture.filter((hep) => hep[0] === 0x48)

interface Heard {
  readonly frames: Buffer[]
  readonly faults: { fault: MalformedHep; bytes: Buffer; skippedBytes: number }[]
}

/** What a stream makes of the pieces. */
function readAll(pieces: Iterable<Buffer>): Heard {
  const heard: Heard = { frames: [], faults: [] }
  const stream = new HepStream({
    onFrame: (frame) => heard.frames.push(frame),
    onFault: (fault, bytes, skippedBytes) => heard.faults.push({ fault, bytes, skippedBytes }),
  })
  for (const piece of pieces) stream.push(piece)
  stream.end()
  expect(stream.faults).toBe(heard.faults.length)
  expect(stream.pendingBytes).toBe(0)
  return heard
}

/** Cuts at the given places, each piece a buffer of its own, as sockets give them. */
function* cut(bytes: Buffer, places: readonly number[]): Generator<Buffer> {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...at, bytes.length]) {
    yield Buffer.from(bytes.subarray(from, to))
    from = to
  }
}

const everyByte = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]))
const cuts = fc.array(fc.nat(), { maxLength: 30 })
const frame = packetV3.map((packet) => encodeHep(packet))
const noMagic = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 80 }).map((array) => Buffer.from(array)),
    fc.constantFrom('H', 'HE', 'HEP', 'HEHEPHE', 'GET / HTTP/1.1\r\n').map((s) => Buffer.from(s)),
  )
  .filter((bytes) => !bytes.includes('HEP3'))

test('HepStream yields the same frames however TCP cuts them', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), cuts, (frames, at) => {
      expect(readAll(cut(Buffer.concat(frames), at))).toEqual({ frames, faults: [] })
    }),
  )
})

test('HepStream yields the same frames for every single cut and byte by byte', () => {
  const three = [real[0]!, real[200]!, real.at(-1)!]
  const bytes = Buffer.concat(three)
  for (let at = 0; at <= bytes.length; at++)
    expect(readAll(cut(bytes, [at]))).toEqual({ frames: three, faults: [] })
  expect(readAll(everyByte(bytes)).frames).toEqual(three)
})

test('HepStream finds every whole frame after garbage and reports every byte of it', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(noMagic, frame), { maxLength: 5 }), cuts, (pairs, at) => {
      // 'HE' before 'P3…' would be one magic: keep garbage from completing what follows.
      const bytes = Buffer.concat(pairs.flat())
      const heard = readAll(cut(bytes, at))
      expect(heard.frames).toEqual(pairs.map(([, sound]) => sound))
      expect(heard.faults.map(({ bytes: kept }) => kept)).toEqual(pairs.map(([junk]) => junk))
      expect(heard.faults.every(({ fault }) => fault.reason === 'not_hep')).toBe(true)
    }),
  )
})

test('HepStream makes the same of any bytes however they are cut', () => {
  const part = fc.oneof(
    frame,
    noMagic,
    fc.constant(Buffer.from('HEP3')),
    // False candidates: a magic, some length, and chunk-like bytes.
    fc.tuple(fc.nat(300), fc.uint8Array({ maxLength: 60 })).map(([total, rest]) => {
      const head = Buffer.from('HEP3\0\0')
      head.writeUInt16BE(total, 4)
      return Buffer.concat([head, rest])
    }),
    fc.tuple(frame, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([sound, at, value]) => {
      const damaged = Buffer.from(sound)
      damaged[at % damaged.length] = value
      return damaged
    }),
    fc.tuple(frame, fc.nat()).map(([sound, at]) => sound.subarray(0, at % sound.length)),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), cuts, (parts, at) => {
      const bytes = Buffer.concat(parts)
      const whole = readAll([bytes])
      expect(readAll(cut(bytes, at))).toEqual(whole)
      expect(readAll(everyByte(bytes))).toEqual(whole)
      // Every byte is in a frame or in a fault, and every frame passes the check.
      const inFrames = whole.frames.reduce((sum, { length }) => sum + length, 0)
      const skipped = whole.faults.reduce((sum, { skippedBytes }) => sum + skippedBytes, 0)
      expect(inFrames + skipped).toBe(bytes.length)
      expect(whole.frames.every((sound) => checkHep(sound) === undefined)).toBe(true)
    }),
    { numRuns: 400 },
  )
})

test('HepStream loses only the damaged frame when its length field is wrong', () => {
  for (const total of [0, 3, 6, 100, 396, 398, 700, 65_535]) {
    const damaged = Buffer.from(real[0]!)
    damaged.writeUInt16BE(total, 4)
    const { frames, faults } = readAll([Buffer.concat([damaged, real[1]!, real[2]!])])
    expect(frames, `length ${total}`).toEqual([real[1]!, real[2]!])
    expect(faults[0]!.bytes.subarray(0, 4).toString()).toBe('HEP3')
  }
})

test('HepStream gives up a frame that is too long at the next frame, without waiting for its end', () => {
  const damaged = Buffer.from(real[0]!)
  damaged.writeUInt16BE(65_535, 4)
  const frames: Buffer[] = []
  const stream = new HepStream({ onFrame: (sound) => frames.push(sound), onFault: () => {} })
  stream.push(Buffer.concat([damaged, real[1]!]))
  expect(frames).toEqual([real[1]!])
})

test('HepStream goes on at the next frame boundary after a frame that breaks another rule', () => {
  const empty = encodeHep({
    ...{ srcIp: '1.1.1.1', dstIp: '2.2.2.2', srcPort: 1, dstPort: 2, atUs: 0 },
    payload: Buffer.alloc(0),
    captureNode: 'HEP3 in a name is no frame',
  })
  const { frames, faults } = readAll([Buffer.concat([empty, real[1]!])])
  expect(frames).toEqual([real[1]!])
  expect(faults).toMatchObject([{ fault: { reason: 'no_payload' }, bytes: empty }])
})

test('HepStream recovers whole frames that an unfinished one had swallowed, when the stream ends', () => {
  const liar = Buffer.from('HEP3\xff\xff\0\0\0\x0f\xf0\0', 'latin1') // a payload of 61,440 bytes
  const { frames, faults } = readAll([liar, real[0]!, real[1]!])
  expect(frames).toEqual([real[0]!, real[1]!])
  expect(faults).toMatchObject([{ fault: { reason: 'truncated' }, skippedBytes: liar.length }])
})

test('HepStream hands out a frame that lies whole in a chunk without copying it', () => {
  const chunk = Buffer.concat([real[0]!, real[1]!, real[2]!.subarray(0, 50)])
  const seen: Buffer[] = []
  const stream = new HepStream({ onFrame: (view) => seen.push(view), onFault: () => {} })
  stream.push(chunk)
  const next = Buffer.concat([real[2]!.subarray(50), real[3]!])
  stream.push(next)
  expect(seen.map(({ buffer }) => buffer === chunk.buffer || buffer === next.buffer)).toEqual([
    ...[true, true, false, true],
  ])
})

test('HepStream takes a frame of 65,535 bytes', () => {
  const room = 65_535 - 99
  const longest = encodeHep({
    ...{ srcIp: '1.1.1.1', dstIp: '2.2.2.2', srcPort: 1, dstPort: 2, atUs: 0 },
    payload: Buffer.alloc(room, 'x'),
  })
  expect(longest.length).toBe(65_535)
  expect(readAll(cut(Buffer.concat([longest, real[0]!]), [1, 30_000, 65_536])).frames).toEqual([
    longest,
    real[0]!,
  ])
})

test('HepStream names what cannot be framed: versions 1 and 2, gzip, other protocols', () => {
  const v2 = fixture.find((hep) => hep[0] === 2)!
  for (const [bytes, detail] of [
    [v2, /HEP version 2/],
    [Buffer.from('1f8b08', 'hex'), /gzip/],
    [Buffer.from('GET / HTTP/1.1\r\n\r\n'), /HTTP request/],
  ] as const) {
    const [only] = readAll([bytes]).faults
    expect(only!.fault).toMatchObject({ reason: 'not_hep', offset: 0 })
    expect(only!.fault.detail).toMatch(detail)
  }
})

test('HepStream.stop ignores the rest of the chunk and all that follows', () => {
  let frames = 0
  const stream: HepStream = new HepStream({ onFrame: () => ++frames, onFault: () => stream.stop() })
  stream.push(Buffer.concat([real[0]!, Buffer.from('junk'), real[1]!, real[2]!]))
  stream.push(real[3]!)
  stream.end()
  expect([frames, stream.faults, stream.pendingBytes]).toEqual([1, 1, 0])
})

test('HepStream reports endless garbage in pieces, keeping only the start of each', () => {
  const { faults } = readAll(Array.from({ length: 40 }, () => Buffer.alloc(5_000, 'x')))
  expect(faults.map(({ skippedBytes }) => skippedBytes)).toEqual([65_535, 65_535, 65_535, 3_395])
  expect(faults.map(({ bytes }) => bytes.length)).toEqual([4_096, 4_096, 4_096, 3_395])
})

// Floods made to cost a reader dear that looks at bytes twice, moves them or buffers them again:
// each of these takes about a tenth of a second; read quadratically, a second to minutes.
const nested = Buffer.alloc(1 << 20)
for (let at = 0; at + 12 <= nested.length; at += 12) {
  nested.write('HEP3\xff\xff', at, 'latin1') // a frame of 65,535 bytes inside the chunk of another
  nested.set([0, 9, 0, 9, 0, 12], at + 6)
}
const longest = Buffer.alloc(6 * 65_535)
for (let at = 0; at < longest.length; at += 65_535)
  longest.set(Buffer.from('HEP3\xff\xff\0\0\0\x0f\xff\xf9', 'latin1'), at)
const floods: [string, Buffer, number][] = [
  ['nested false frames', nested, 65_536],
  ['nested false frames in tiny pieces', nested.subarray(0, 1 << 18), 7],
  ['magics', Buffer.alloc(1 << 20, 'HEP3'), 65_536],
  ['unfinished magics', Buffer.alloc(1 << 20, 'HEP'), 1_000],
  ['garbage in single bytes', Buffer.alloc(1 << 18, 'x'), 1],
  ['longest frames in single bytes', longest, 1],
]

// CPU time, the least of three: other processes must not decide. Four times the bytes cost four times
// as much when the work is linear, sixteen times when it is quadratic.
for (const [name, bytes, pieceBytes] of floods) {
  test(`HepStream stays linear under a flood of ${name}`, () => {
    const quarter = leastCpuMs(bytes.subarray(0, bytes.length / 4), pieceBytes)
    expect(leastCpuMs(bytes, pieceBytes) / Math.max(quarter, 2)).toBeLessThan(10)
  })
}

function leastCpuMs(bytes: Buffer, pieceBytes: number): number {
  const attempts = [1, 2, 3].map(() => {
    const before = process.cpuUsage()
    const stream = new HepStream({ onFrame: () => {}, onFault: () => {} })
    for (let at = 0; at < bytes.length; at += pieceBytes)
      stream.push(bytes.subarray(at, at + pieceBytes))
    stream.end()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  })
  return Math.min(...attempts)
}
