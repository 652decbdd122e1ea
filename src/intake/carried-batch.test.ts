import { expect, test } from 'bun:test'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CARRIED_TYPE, carriedBytes, writeCarried } from '#hep'
import { openLane, openReader } from '#spool'
import { frameNumbers } from '../../test/intake-rig.ts'
import { temporaryDirectory } from '../../test/program.ts'
import { BatchMemory, parseBatchId } from './batch-memory.ts'
import { createHttpIntake, type HttpIntakeOptions } from './http-intake.ts'

const ARRIVAL = {
  transport: 2,
  peerIp: '192.0.2.9',
  peerPort: 5060,
  receivedUs: 1_700_000_000_123_456,
}
const FRAMES = frameNumbers(10)

function carried(frames: readonly Buffer[]): Buffer {
  const body = Buffer.alloc(
    frames.reduce((sum, { length }) => sum + carriedBytes(length, ARRIVAL), 0),
  )
  let at = 0
  for (const frame of frames) at = writeCarried(body, at, ARRIVAL, frame)
  return body
}

/** A node's lane and its POST /hep; `restart` as after a kill, with what the lane holds then. */
class Node implements AsyncDisposable {
  readonly #directory = temporaryDirectory()
  readonly path = join(this.#directory.path, 'batches')
  #lane = this.#open()
  #batches = new BatchMemory(this.path, this.#lane.ledger.appended)
  #options: Partial<HttpIntakeOptions> = {}

  #open() {
    return openLane({ directory: join(this.#directory.path, 'spool'), lane: 'http' })
  }

  get appended(): number {
    return this.#lane.ledger.appended
  }

  async restart(): Promise<void> {
    await this.#lane.close()
    this.#batches.close()
    this.#lane = this.#open()
    this.#batches = new BatchMemory(this.path, this.#lane.ledger.appended)
  }

  /** What `take` is given from now on, besides. */
  with(options: Partial<HttpIntakeOptions>): void {
    this.#options = options
  }

  async post(
    batch: string | undefined,
    body: Buffer,
    type = CARRIED_TYPE,
  ): Promise<Record<string, unknown>> {
    const handle = createHttpIntake({
      ...{ lane: this.#lane, batches: this.#batches, ...this.#options },
    })
    const headers = { 'content-type': type, ...(batch ? { 'calliope-batch': batch } : {}) }
    const request = new Request('http://node/hep', {
      method: 'POST',
      body: body as BodyInit,
      headers,
    })
    const response = await handle(request, { ip: '10.9.9.9', port: 1 })
    const json = (await response.json()) as Record<string, unknown>
    return { status: response.status, ...json }
  }

  records() {
    const reader = openReader({ directory: join(this.#directory.path, 'spool'), lane: 'http' })
    const all = []
    for (let chunk = reader.read(); chunk; chunk = reader.read()) all.push(...chunk.records)
    reader.close()
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lane.close()
    this.#batches.close()
    this.#directory[Symbol.dispose]()
  }
}

test('POST /hep keeps the arrival of carried frames: transport, peer and time as the relay saw them', async () => {
  await using node = new Node()
  expect(await node.post(undefined, carried(FRAMES))).toMatchObject({ status: 200, appended: 10 })
  const { peerIp, peerPort, receivedUs } = ARRIVAL
  expect(node.records()).toMatchObject(
    FRAMES.map((bytes) => ({ bytes, transport: 'tls', peerIp, peerPort, receivedUs })),
  )
})

test('POST /hep believes no arrival that is still to come', async () => {
  await using node = new Node()
  const arrival = { ...ARRIVAL, receivedUs: Date.now() * 1e3 + 60e6, transport: 99 }
  const body = Buffer.alloc(carriedBytes(FRAMES[0]!.length, arrival))
  writeCarried(body, 0, arrival, FRAMES[0]!)
  await node.post(undefined, body)
  expect(node.records()[0]!.receivedUs).toBeLessThan((Date.now() + 1_000) * 1e3)
  expect(node.records()[0]!.transport).toBe('relay')
})

test('POST /hep takes a batch once, however often it comes, also after a restart', async () => {
  await using node = new Node()
  const first = await node.post('stream-a 7 0', carried(FRAMES))
  expect(first).toEqual({ status: 200, received: 10, appended: 10, rejected: NONE })
  expect(await node.post('stream-a 7 0', carried(FRAMES))).toEqual({ ...first, repeated: 10 })
  await node.restart()
  expect(await node.post('stream-a 7 0', carried(FRAMES))).toEqual({ ...first, repeated: 10 })
  expect(node.appended).toBe(10)
  await node.post('stream-a 8 0', carried(FRAMES))
  await node.post('stream-b 7 0', carried(FRAMES))
  expect(node.appended).toBe(30)
})

test('POST /hep takes the rest of a batch that a crash cut anywhere', async () => {
  for (let kept = 0; kept <= 10; kept++) {
    await using node = new Node()
    await node.post(undefined, carried(FRAMES.slice(0, 3)))
    // The crash: so many frames of the batch are in the lane, and its end was never noted.
    appendFileSync(node.path, 'b stream-a 1 0 3\n')
    if (kept > 0) await node.post(undefined, carried(FRAMES.slice(0, kept)))
    await node.restart()
    const answer = await node.post('stream-a 1 0', carried(FRAMES))
    expect(answer).toMatchObject({ status: 200, appended: 10, ...(kept ? { repeated: kept } : {}) })
    expect(node.records().map(({ bytes }) => hex(bytes))).toEqual(
      [...FRAMES.slice(0, 3), ...FRAMES].map(hex),
    )
    // And once more, though it stands in two places of the lane now.
    await node.restart()
    expect(await node.post('stream-a 1 0', carried(FRAMES))).toMatchObject({ repeated: 10 })
  }
})

test('POST /hep says what it has of a batch even when it takes nothing more', async () => {
  await using node = new Node()
  await node.post('s 1 0', carried(FRAMES))
  node.with({ isClosing: () => true })
  expect(await node.post('s 1 0', carried(FRAMES))).toMatchObject({ status: 200, repeated: 10 })
  expect(await node.post('s 2 0', carried(FRAMES))).toMatchObject({
    status: 503,
    error: { code: 'closing' },
  })
})

test('POST /hep refuses a batch header that says nothing, and one with a body of plain HEP', async () => {
  await using node = new Node()
  for (const header of ['x', 'a b c', 's 1', `${'s'.repeat(65)} 1 0`])
    expect(await node.post(header, carried(FRAMES))).toMatchObject({ status: 400 })
  const plain = await node.post('s 1 0', Buffer.concat(FRAMES), 'application/octet-stream')
  expect(plain).toMatchObject({ status: 400, error: { code: 'bad_batch' } })
  expect(node.appended).toBe(0)
})

test('POST /hep counts what stands behind the last carried frame that can be read', async () => {
  await using node = new Node()
  const body = carried(FRAMES).subarray(0, -1)
  const byReason = { truncated: 1 }
  expect(await node.post('s 1 0', body)).toMatchObject({ appended: 9, rejected: { byReason } })
})

test('BatchMemory forgets what the relay will not send again, and the longest silent relay', () => {
  const memory = new BatchMemory(undefined, 0)
  const id = (number: number, floor = 0, stream = 's') => ({ stream, number, floor })
  for (const number of [1, 2, 3]) {
    memory.begin(id(number), 0, 0)
    memory.end(id(number), 5)
  }
  memory.begin(id(4, 3), 15, 0)
  expect([1, 2, 3].map((number) => memory.keptOf(id(number)))).toEqual([undefined, undefined, 5])
  for (let n = 0; n < 4_096; n++) memory.begin(id(1, 0, `other-${n}`), 0, 0)
  expect(memory.keptOf(id(3))).toBeUndefined()
})

test('BatchMemory starts afresh from a file of nonsense', () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'batches')
  writeFileSync(path, 'b\ne x\nb s 1 0\n\0\0\0\nb s one 0 0\ne s 1 99\nb s 2 0 10\ne s 2 400')
  const memory = new BatchMemory(path, 15)
  expect(memory.keptOf({ stream: 's', number: 2, floor: 0 })).toBe(5)
  expect(readFileSync(path, 'utf8')).toContain('b s 2 0 10\ne s 2 5\n')
  memory.close()
})

test('BatchMemory knows batches whose spool was handed over, also after the next restart', () => {
  using directory = temporaryDirectory()
  const path = join(directory.path, 'batches')
  const [whole, cut] = [
    { stream: 'a', number: 1, floor: 0 },
    { stream: 'a', number: 2, floor: 0 },
  ]
  const before = new BatchMemory(path, 0)
  before.begin(whole, 700, 0)
  before.end(whole, 10)
  before.begin(cut, 710, 0)
  before.close()
  for (const framesInLane of [Number.POSITIVE_INFINITY, 3]) {
    const memory = new BatchMemory(path, framesInLane)
    expect(memory.keptOf(whole)).toBe(10)
    expect(memory.keptOf(cut)).toBe(0)
    memory.close()
  }
})

test('parseBatchId takes a stream, a number and a floor', () => {
  expect(parseBatchId('a.b_c-D9 12 3')).toEqual({ stream: 'a.b_c-D9', number: 12, floor: 3 })
})

const hex = (bytes: Buffer): string => bytes.toString('hex')
const NONE = { total: 0, byReason: {} }
