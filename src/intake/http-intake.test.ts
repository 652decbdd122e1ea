import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { readFixture } from '../../test/fixtures/pcap.ts'
import {
  accounted,
  frameNumber,
  frameNumbers,
  framesOf,
  hexOf,
  type LaneRig,
  laneRig,
  readRecords,
} from '../../test/intake-rig.ts'
import type { FrameLog } from './frame-log.ts'
import { HTTP_INTAKE_ERRORS } from './http-errors.ts'
import { createHttpIntake, type HttpIntakeOptions } from './http-intake.ts'

const PEER = { ip: '::ffff:192.0.2.1', port: 40_000 }

async function httpRig(
  options: Partial<HttpIntakeOptions> & {
    bytesMax?: number
    wrap?: (lane: FrameLog) => FrameLog
  } = {},
) {
  const { bytesMax, wrap = (lane) => lane, ...rest } = options
  const rig: LaneRig = await laneRig(bytesMax ? { bytesMax } : {})
  const handle = createHttpIntake({ lane: wrap(rig.lane), ...rest })
  const post = async (body: Uint8Array | ReadableStream, headers: Record<string, string> = {}) => {
    const request = new Request('http://calliope/hep', {
      method: 'POST',
      body: body as BodyInit,
      headers,
    })
    const response = await handle(request, PEER)
    return { status: response.status, headers: response.headers, json: await response.json() }
  }
  const { lane } = rig
  return { rig, lane, post, handle, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() }
}

const prefixed = (frames: readonly Buffer[]): Buffer =>
  Buffer.concat(
    frames.flatMap((frame) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(frame.length)
      return [length, frame]
    }),
  )

test('POST /hep takes HEP3 frames back to back', async () => {
  await using made = await httpRig()
  const frames = frameNumbers(1_000)
  const { status, json } = await made.post(Buffer.concat(frames))
  expect(status).toBe(200)
  expect(json).toEqual({ received: 1000, appended: 1000, rejected: { total: 0, byReason: {} } })
  const records = await made.rig.records()
  expect(framesOf(records)).toEqual(hexOf(frames))
  expect(records[0]).toMatchObject({ transport: 'http', peerIp: '192.0.2.1', peerPort: 40_000 })
})

test('POST /hep takes every version of HEP behind lengths, and gzip bodies', async () => {
  await using made = await httpRig()
  const body = prefixed(readFixture().map(({ hep }) => hep))
  expect((await made.post(body)).json).toMatchObject({ received: 970, appended: 970 })
  const packed = await made.post(gzipSync(body), { 'content-encoding': 'gzip' })
  expect(packed.json).toMatchObject({ received: 970, appended: 970 })
  expect(made.lane.ledger.appended).toBe(1_940)
})

test('POST /hep keeps the good frames of a body and says how many were bad', async () => {
  await using made = await httpRig()
  const mixed = [frameNumber(1), Buffer.from('garbage'), frameNumber(2)]
  expect(await made.post(Buffer.concat(mixed))).toMatchObject({
    status: 200,
    json: { received: 3, appended: 2, rejected: { total: 1, byReason: { not_hep: 1 } } },
  })
  const cut = prefixed([frameNumber(3), Buffer.from('bad frame'), frameNumber(4)]).subarray(0, -9)
  expect(await made.post(cut)).toMatchObject({
    status: 200,
    json: { received: 3, appended: 1, rejected: { byReason: { not_hep: 1, truncated: 1 } } },
  })
  expect(accounted(made.lane.ledger)).toBe(6)
})

test('POST /hep answers 400 when nothing in the body is HEP', async () => {
  await using made = await httpRig()
  for (const body of ['what is this?', '\0\0\0\0', '\0\0\0\x05', 'HEP3', '\0']) {
    const { status, json } = await made.post(Buffer.from(body))
    expect({ status, code: json.error.code }).toEqual({ status: 400, code: 'nothing_decodable' })
    expect(json).toMatchObject({ received: 1, appended: 0 })
  }
  expect((await made.post(Buffer.alloc(0))).json.error.code).toBe('empty_body')
  expect(made.lane.ledger.counts().received).toBe(5)
})

test('POST /hep refuses bodies too large, packed or not, without appending any of them', async () => {
  await using made = await httpRig({ bodyBytesMax: 10_000 })
  const large = Buffer.concat(frameNumbers(200))
  const streamed = new Blob([large as unknown as BlobPart]).stream()
  const packed = { 'content-encoding': 'gzip' }
  for (const answer of [
    await made.post(large),
    await made.post(streamed),
    await made.post(gzipSync(large), packed),
  ]) {
    expect(answer).toMatchObject({ status: 413, json: { error: { code: 'body_too_large' } } })
  }
  expect((await made.post(Buffer.from('HEP3'), packed)).json.error.code).toBe('bad_compression')
  expect(made.lane.ledger.counts().received).toBe(0)
})

test('POST /hep refuses types, encodings, methods and senders it does not take', async () => {
  await using made = await httpRig({ policy: { keys: ['right'] } })
  const frame = frameNumber(1)
  const answers = [
    await made.post(frame, { 'content-type': 'application/json' }),
    await made.post(frame, { 'content-encoding': 'br' }),
    await made.post(frame),
  ]
  expect(answers.map(({ status, json }) => [status, json.error.code])).toEqual([
    [415, 'unsupported_type'],
    [415, 'unsupported_encoding'],
    [403, 'key_refused'],
  ])
  const get = await made.handle(new Request('http://calliope/hep'), PEER)
  expect(get.status).toBe(405)
  expect((await made.post(frameNumber(2, 'right'))).status).toBe(200)
  await using denied = await httpRig({ policy: { allow: ['10.0.0.0/8'] } })
  expect((await denied.post(frame)).json.error.code).toBe('address_denied')
})

test('POST /hep says 503 with what was appended when the spool fills up, and takes nothing after', async () => {
  await using made = await httpRig({ bytesMax: 1024 * 1024 })
  const frames = Array.from({ length: 1_500 }, (_, i) => frameNumber(i, '', 1_000))
  const first = await made.post(Buffer.concat(frames))
  expect(first).toMatchObject({ status: 503, json: { error: { code: 'spool_full' } } })
  expect(first.headers.get('retry-after')).toBe('10')
  const { appended } = first.json
  expect(appended).toBeGreaterThan(100)
  expect(framesOf(await made.rig.records())).toEqual(hexOf(frames.slice(0, appended)))
  const second = await made.post(frames[0]!)
  expect(second).toMatchObject({ status: 503, json: { error: { code: 'spool_full' } } })
  expect(made.lane.ledger.counts()).toMatchObject({ received: appended, appended, dropped: {} })
  await made.rig.consume()
  await Bun.sleep(100)
  expect((await made.post(Buffer.concat(frames.slice(appended, appended + 50)))).status).toBe(200)
})

test('POST /hep never says 200 when the disk did not take the frames', async () => {
  const failing = (lane: FrameLog): FrameLog => ({
    ledger: lane.ledger,
    isFull: false,
    position: 0,
    append: (frame) => lane.append(frame),
    quarantine: (frame, malformed) => lane.quarantine(frame, malformed),
    sync: async () => Promise.reject(new Error('the disk did not take frames')),
  })
  await using made = await httpRig({ wrap: failing })
  expect(await made.post(frameNumber(1))).toMatchObject({
    status: 503,
    json: { error: { code: 'not_safe', message: 'the disk did not take frames' } },
  })
})

test('POST /hep asks a source over its limit to wait', async () => {
  await using made = await httpRig({ policy: { framesPerSecondMax: 10 } })
  const { status, headers, json } = await made.post(Buffer.concat(frameNumbers(50)))
  expect({ status, code: json.error.code }).toEqual({ status: 429, code: 'source_limit' })
  expect(headers.get('retry-after')).toBe('1')
  expect(json.appended).toBeGreaterThanOrEqual(10)
  expect(made.lane.ledger.appended).toBe(json.appended)
})

test('POST /hep bounds the bodies it reads at once', async () => {
  await using made = await httpRig({ bodyBytesMax: 1_000_000, inFlightBytesMax: 1_500_000 })
  let release = () => {}
  const slow = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(frameNumber(1)))
      release = () => controller.close()
    },
  })
  const first = made.post(slow)
  const second = await made.post(new Blob([frameNumber(2) as unknown as BlobPart]).stream())
  expect(second).toMatchObject({ status: 429, json: { error: { code: 'too_many_bodies' } } })
  release()
  expect((await first).status).toBe(200)
  expect((await made.post(frameNumber(3))).status).toBe(200)
})

test('POST /hep takes nothing any more once its lane is to be closed, not even half of a body', async () => {
  let isClosing = false
  await using made = await httpRig({ isClosing: () => isClosing })
  const frames = Array.from({ length: 2_000 }, (_, i) => frameNumber(i, '', 1_000))
  const under = made.post(Buffer.concat(frames))
  while (made.lane.position === 0) await new Promise(setImmediate)
  isClosing = true
  await made.lane.close()
  const half = await under
  expect(half).toMatchObject({ status: 503, json: { error: { code: 'closing' } } })
  expect(half.json.appended).toBeLessThan(frames.length)
  expect(await made.post(frames[0]!)).toMatchObject({ status: 503 })
  const { appended } = half.json
  expect(made.lane.ledger.counts()).toEqual({
    ...{ received: appended, appended, rejected: {}, dropped: {} },
  })
})

test('every error of POST /hep has a hint, and those worth repeating say when', () => {
  for (const { status, hint } of Object.values(HTTP_INTAKE_ERRORS)) {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(hint.length).toBeGreaterThan(10)
  }
})

test('frames acknowledged by POST /hep survive kill -9 right after the answer', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-http-'))
  const script = `
    import { createHttpIntake } from '#intake'
    import { openLane } from '#spool'
    const lane = openLane({ directory: process.argv[1], lane: 'http', flushMs: 10_000, syncMs: 60_000 })
    const hep = createHttpIntake({ lane })
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: (request, server) => {
      const { address, port } = server.requestIP(request)
      return hep(request, { ip: address, port })
    } })
    console.log(server.port)`
  const child = Bun.spawn([process.execPath, '-e', script, directory], {
    cwd: join(import.meta.dir, '..', '..'),
    stderr: 'inherit',
  })
  try {
    const { value } = await child.stdout.getReader().read()
    const url = `http://127.0.0.1:${Buffer.from(value!).toString().trim()}/hep`
    const acknowledged: Buffer[] = []
    for (let request = 0; request < 20; request++) {
      const frames = frameNumbers(50, request * 50)
      const answer = await fetch(url, { method: 'POST', body: Buffer.concat(frames) })
      expect(answer.status).toBe(200)
      acknowledged.push(...frames)
    }
    child.kill('SIGKILL')
    await child.exited
    expect(framesOf(readRecords(directory, 'http'))).toEqual(hexOf(acknowledged))
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
})
