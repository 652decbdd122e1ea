// The place in a bucket, against the strict simulator: what is tried again, what is told to a person, and
// that nothing waits for ever.
import { afterAll, beforeEach, expect, test } from 'bun:test'
import { openS3Place, PlaceError, type S3Credentials } from '#spool'
import { type S3Fault, startS3Sim } from '../src/fleet/aws-sim/s3/s3-sim.ts'

const s3 = startS3Sim()
const KEYS: S3Credentials = { accessKeyId: 'test-key', secretAccessKey: 'S3CR3T' }
const bytes = Buffer.from('bytes')

beforeEach(() => {
  s3.fault = undefined
  for (const key of s3.objects.keys()) s3.objects.remove(key)
})
afterAll(async () => await s3[Symbol.asyncDispose]())

const place = (more: Partial<Parameters<typeof openS3Place>[0]> = {}) =>
  openS3Place({
    ...{ bucket: 'calliope-test', prefix: 'a b/ü+/', endpoint: s3.url, region: 'eu-central-1' },
    ...{ credentials: async () => KEYS, answerMsMax: 2_000, ...more },
  })

async function refusal(work: Promise<unknown>): Promise<PlaceError> {
  const error = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(error instanceof PlaceError)) throw new Error(`no PlaceError but ${error}`)
  return error
}

/** Fails the first so many requests. */
function failFirst(times: number, fault: S3Fault): void {
  let left = times
  s3.fault = () => (left-- > 0 ? fault : undefined)
}

test('S3Place writes, reads, lists in pages and removes, whatever is in the prefix', async () => {
  s3.objects.pageKeysMax = 2
  const bucket = place()
  for (const key of ['h/3', 'h/1', 'h/5', 'h/2', 'h/4', 'other/1']) await bucket.put(key, bytes)
  expect(await bucket.list('h/')).toEqual(['h/1', 'h/2', 'h/3', 'h/4', 'h/5'])
  expect(s3.objects.keys()).toContain('a b/ü+/h/1')
  expect(await bucket.get('h/1')).toEqual(bytes)
  expect(await bucket.get('h/9')).toBeUndefined()
  await bucket.remove('h/1')
  await bucket.remove('h/1')
  expect(await bucket.list('h/')).toHaveLength(4)
  s3.objects.pageKeysMax = 1_000
})

test('S3Place takes a body of 12 MiB whole', async () => {
  const large = Buffer.alloc(12 * 1024 ** 2, 'x')
  await place().put('large', large)
  expect((await place().get('large'))?.equals(large)).toBe(true)
})

test('S3Place tries again when S3 is too busy, answers late or broke a body off', async () => {
  for (const fault of ['slow-down', 'torn', 'late'] as const) {
    failFirst(2, fault)
    await place().put(`after-${fault}`, bytes)
    failFirst(2, fault)
    expect(await place().get(`after-${fault}`)).toEqual(bytes)
  }
})

test('S3Place gives up a request that is not answered, and all of them with the signal', async () => {
  s3.fault = () => 'silent'
  const quick = place({ answerMsMax: 50, triesMax: 2 })
  const silent = await refusal(quick.put('x', bytes))
  expect(silent.message).toContain('NoAnswer (no answer within 50 ms)')
  expect(silent.retryable).toBe(true)
  const startedMs = performance.now()
  const ended = await refusal(place().put('x', bytes, AbortSignal.timeout(80)))
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(ended.message).toContain('give it more in drain.timeout')
})

test('S3Place says at once, and once, what only a person can mend', async () => {
  const cases: [string, () => Promise<unknown>, string][] = [
    ['NoSuchBucket', () => place({ bucket: 'other-bucket' }).put('x', bytes), 'make the bucket'],
    [
      'AuthorizationHeaderMalformed',
      () => place({ region: 'us-east-1' }).list(''),
      'handover_region',
    ],
    [
      'InvalidAccessKeyId',
      () => place({ credentials: async () => ({ ...KEYS, accessKeyId: 'other' }) }).get('x'),
      'check drain.handover_key_id and drain.handover_secret, or the role of this node',
    ],
    [
      'ERR_S3_MISSING_CREDENTIALS',
      () => place({ credentials: async () => ({ accessKeyId: '', secretAccessKey: '' }) }).get('x'),
      'or the role of this node',
    ],
  ]
  for (const [code, work, hint] of cases) {
    const { message, retryable } = await refusal(work())
    expect(message).toContain(code)
    expect(message).toContain(hint)
    expect(message).toContain('(drain.handover)')
    expect(message).not.toContain('S3CR3T')
    expect(retryable).toBe(false)
  }
  const before = s3.requests.length
  s3.fault = () => 'denied'
  const { message } = await refusal(place().put('x', bytes))
  expect(message).toContain(
    's3:PutObject and s3:DeleteObject on arn:aws:s3:::calliope-test/a b/ü+/*',
  )
  expect(s3.requests.length).toBe(before + 1)
})

test('S3Place that cannot reach the endpoint names the setting', async () => {
  const nowhere = place({ endpoint: 'http://127.0.0.1:1', triesMax: 2 })
  expect((await refusal(nowhere.list('h/'))).message).toContain(
    '(drain.handover_endpoint, network)',
  )
}, 20_000)
