// The simulator's objects: PUT, GET, HEAD, DELETE and LIST v2.
import { createHash } from 'node:crypto'
import { S3Refusal } from './s3-refusal.ts'

interface StoredObject {
  readonly bytes: Buffer
  readonly at: Date
}

const PAGE_KEYS_MAX = 1_000

export class S3Objects {
  readonly #objects = new Map<string, StoredObject>()
  /** Keys of one page of a listing; small, to see whether pages are asked for. */
  pageKeysMax = PAGE_KEYS_MAX

  /** In order. */
  keys(): readonly string[] {
    return [...this.#objects.keys()].sort()
  }

  read(key: string): Buffer | undefined {
    return this.#objects.get(key)?.bytes
  }

  write(key: string, bytes: Buffer): void {
    this.#objects.set(key, { bytes, at: new Date() })
  }

  remove(key: string): void {
    this.#objects.delete(key)
  }

  async answer(
    request: Request,
    key: string,
    query: URLSearchParams,
    bucket: string,
  ): Promise<Response> {
    if (key === '' && request.method === 'GET') return this.#list(query, bucket)
    switch (request.method) {
      case 'PUT':
        return await this.#put(request, key)
      case 'GET':
      case 'HEAD':
        return this.#get(request, key)
      case 'DELETE':
        this.#objects.delete(key)
        return new Response(null, { status: 204 })
      default:
        throw new S3Refusal(405, 'MethodNotAllowed', `${request.method} ${key}`)
    }
  }

  async #put(request: Request, key: string): Promise<Response> {
    const bytes = await wholeBody(request)
    const condition = request.headers.get('if-none-match')
    if (condition !== null && condition !== '*')
      throw new S3Refusal(501, 'NotImplemented', 'If-None-Match takes * only')
    if (condition === '*' && this.#objects.has(key))
      throw new S3Refusal(412, 'PreconditionFailed', 'it is there already')
    this.write(key, bytes)
    return new Response(null, { headers: { etag: etagOf(bytes) } })
  }

  #get(request: Request, key: string): Response {
    const found = this.#objects.get(key)
    if (!found) throw new S3Refusal(404, 'NoSuchKey', 'The specified key does not exist.')
    const etag = etagOf(found.bytes)
    const headers = { etag, 'last-modified': found.at.toUTCString() }
    if (request.method === 'HEAD')
      return new Response(null, {
        headers: { ...headers, 'content-length': String(found.bytes.length) },
      })
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get('range') ?? '')
    if (!range) return new Response(bodyOf(found.bytes), { headers })
    const [from, to] = [Number(range[1]), range[2] ? Number(range[2]) + 1 : found.bytes.length]
    return new Response(bodyOf(found.bytes.subarray(from, to)), { status: 206, headers })
  }

  #list(query: URLSearchParams, bucket: string): Response {
    if (query.get('list-type') !== '2')
      throw new S3Refusal(501, 'NotImplemented', 'only list-type=2 is simulated')
    const [prefix, after] = [query.get('prefix') ?? '', query.get('start-after') ?? '']
    const max = Math.min(Number(query.get('max-keys') ?? PAGE_KEYS_MAX), this.pageKeysMax)
    const all = this.keys().filter((key) => key.startsWith(prefix) && key > after)
    const page = all.slice(0, max)
    const contents = page.map((key) => {
      const { bytes, at } = this.#objects.get(key)!
      return `<Contents><Key>${escapeXml(key)}</Key><LastModified>${at.toISOString()}</LastModified><ETag>${escapeXml(etagOf(bytes))}</ETag><Size>${bytes.length}</Size></Contents>`
    })
    return new Response(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix><KeyCount>${page.length}</KeyCount><MaxKeys>${max}</MaxKeys><IsTruncated>${page.length < all.length}</IsTruncated>${contents.join('')}</ListBucketResult>`,
      { headers: { 'content-type': 'application/xml' } },
    )
  }
}

/** As S3 names the content of an object. */
export const etagOf = (bytes: Uint8Array): string =>
  `"${createHash('md5').update(bytes).digest('hex')}"`

/** The body, if it is as long as it said it would be. */
export async function wholeBody(request: Request): Promise<Buffer> {
  const said = request.headers.get('content-length')
  if (said === null) throw new S3Refusal(411, 'MissingContentLength', 'no Content-Length')
  const bytes = Buffer.from(await request.arrayBuffer())
  if (bytes.length !== Number(said))
    throw new S3Refusal(400, 'IncompleteBody', `${bytes.length} of ${said} bytes`)
  return bytes
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')

const bodyOf = (bytes: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(bytes)
