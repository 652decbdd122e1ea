// Uploads in parts: POST ?uploads, PUT ?partNumber=…&uploadId=…, POST or DELETE ?uploadId=…. What is not
// completed never becomes an object.
import { etagOf, type S3Objects, wholeBody } from './s3-objects.ts'
import { S3Refusal } from './s3-refusal.ts'

/** All parts but the last are at least as long. */
const PART_BYTES_MIN = 5 * 1024 ** 2

export class MultipartUploads {
  readonly #objects: S3Objects
  readonly #uploads = new Map<string, Map<number, Buffer>>()

  constructor(objects: S3Objects) {
    this.#objects = objects
  }

  /** Undefined when the request is about something else. */
  async answer(
    request: Request,
    key: string,
    query: URLSearchParams,
  ): Promise<Response | undefined> {
    if (query.has('uploads') && request.method === 'POST') return this.#begin(key)
    const id = query.get('uploadId')
    if (id === null) return undefined
    const parts = this.#uploads.get(id)
    if (!parts) throw new S3Refusal(404, 'NoSuchUpload', `there is no upload ${id}`)
    if (request.method === 'PUT') {
      const bytes = await wholeBody(request)
      parts.set(Number(query.get('partNumber')), bytes)
      return new Response(null, { headers: { etag: etagOf(bytes) } })
    }
    this.#uploads.delete(id)
    if (request.method === 'DELETE') return new Response(null, { status: 204 })
    return this.#complete(key, parts)
  }

  #begin(key: string): Response {
    const id = crypto.randomUUID()
    this.#uploads.set(id, new Map())
    return xml(
      `<InitiateMultipartUploadResult><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    )
  }

  #complete(key: string, parts: ReadonlyMap<number, Buffer>): Response {
    const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)
    if (inOrder.slice(0, -1).some(({ length }) => length < PART_BYTES_MIN))
      throw new S3Refusal(400, 'EntityTooSmall', 'a part is smaller than 5 MiB')
    const bytes = Buffer.concat(inOrder)
    this.#objects.write(key, bytes)
    return xml(
      `<CompleteMultipartUploadResult><Key>${key}</Key><ETag>${etagOf(bytes).replaceAll('"', '&quot;')}</ETag></CompleteMultipartUploadResult>`,
    )
  }
}

const xml = (body: string): Response =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?>${body}`, {
    headers: { 'content-type': 'application/xml' },
  })
