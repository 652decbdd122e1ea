// A small and strict S3 for tests: path-style, in memory, on loopback. It refuses what S3 would refuse
// (no signature, an unknown key, a wrong signature length, a missing bucket, a body that is shorter than
// it said) and fails on demand:
//
//   slow-down   503 SlowDown          denied    403 AccessDenied
//   silent      no answer at all      torn      half of the body is read, then the connection ends
//   late        answers after a while
//
// Covered: PUT (If-None-Match: *), GET (Range), HEAD, DELETE, LIST v2 in pages, and uploads in parts.
import { type Server, serve } from 'bun'
import { S3Objects } from './s3-objects.ts'
import { checkSignature, S3Refusal, xmlError } from './s3-refusal.ts'
import { MultipartUploads } from './s3-uploads.ts'

export type S3Fault = 'slow-down' | 'denied' | 'silent' | 'torn' | 'late'

export interface S3SimOptions {
  readonly bucket?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly region?: string
  /** Asked for each request that is well formed. */
  readonly fault?: (method: string, key: string) => S3Fault | undefined
  /** Of an answer that is late. @default 200 */
  readonly lateMs?: number
}

/** A running simulator. */
export interface S3Sim extends AsyncDisposable {
  readonly url: string
  readonly objects: S3Objects
  /** `PUT handovers/…` and so on, in order. */
  readonly requests: readonly string[]
  fault: S3SimOptions['fault']
}

/** Starts one on a free port. */
export function startS3Sim(options: S3SimOptions = {}): S3Sim {
  const { bucket = 'calliope-test', lateMs = 200 } = options
  const objects = new S3Objects()
  const uploads = new MultipartUploads(objects)
  const requests: string[] = []
  const sim = { objects, requests, fault: options.fault } as unknown as {
    -readonly [Key in keyof S3Sim]: S3Sim[Key]
  }
  const answer = async (request: Request): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    const [, name = '', ...rest] = decodeURIComponent(pathname).split('/')
    const key = rest.join('/')
    requests.push(`${request.method} ${key === '' ? (searchParams.get('prefix') ?? '') : key}`)
    checkSignature(request, options)
    if (name !== bucket) throw new S3Refusal(404, 'NoSuchBucket', `there is no bucket ${name}`)
    const fault = sim.fault?.(request.method, key)
    if (fault === 'late') await Bun.sleep(lateMs)
    else if (fault !== undefined) await fail(request, fault)
    const uploadAnswer = await uploads.answer(request, key, searchParams)
    return uploadAnswer ?? (await objects.answer(request, key, searchParams, bucket))
  }
  const server: Server<undefined> = serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 255,
    maxRequestBodySize: 64 * 1024 ** 2,
    fetch: async (request) => {
      try {
        return await answer(request)
      } catch (error) {
        if (error instanceof S3Refusal) return xmlError(error)
        throw error
      }
    },
  })
  sim.url = `http://127.0.0.1:${server.port}`
  sim[Symbol.asyncDispose] = async () => await server.stop(true)
  return sim
}

async function fail(request: Request, fault: Exclude<S3Fault, 'late'>): Promise<void> {
  switch (fault) {
    case 'slow-down':
      throw new S3Refusal(503, 'SlowDown', 'Please reduce your request rate.')
    case 'denied':
      throw new S3Refusal(403, 'AccessDenied', 'Access Denied')
    case 'silent':
      return await new Promise(() => {})
    case 'torn':
      await request.body?.getReader().read()
      throw new S3Refusal(400, 'IncompleteBody', 'The body ended before it should')
  }
}
