// Reads the body of a POST within bounds: its type, its bytes as sent, its bytes unpacked.
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { CARRIED_TYPE } from '#hep'
import { HttpIntakeError } from './http-errors.ts'

const unpack = promisify(gunzip) // on a thread of its own: main has other requests to answer

// Nothing a form or a script of another site can send without being asked first.
const TYPES = ['', 'application/octet-stream', 'application/hep', 'application/x-hep', CARRIED_TYPE]

/** The body's bytes, unpacked; throws an HttpIntakeError when they are not to be had. */
export async function readHttpBody(request: Request, bytesMax: number): Promise<Buffer> {
  const encoding = checkHeaders(request, bytesMax)
  const bytes = await readBounded(request, bytesMax)
  return encoding === 'gzip' ? unpackBounded(bytes, bytesMax) : bytes
}

/** How much memory a body may take, before a byte of it is read. */
export function bodyBytesAtMost({ headers }: Request, bytesMax: number): number {
  const said = Number(headers.get('content-length') ?? Number.NaN)
  const sent = said >= 0 && said < bytesMax ? said : bytesMax
  return headers.has('content-encoding') ? sent + bytesMax : sent
}

function checkHeaders({ headers }: Request, bytesMax: number): string {
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (!TYPES.includes(type))
    throw new HttpIntakeError('unsupported_type', `The body is ${type}, which is not HEP.`)
  const encoding = (headers.get('content-encoding') ?? 'identity').trim().toLowerCase()
  if (encoding !== 'gzip' && encoding !== 'identity')
    throw new HttpIntakeError('unsupported_encoding', `Content-Encoding ${encoding} is not known.`)
  if (Number(headers.get('content-length') ?? 0) > bytesMax) throw tooLarge(bytesMax)
  return encoding
}

async function readBounded(request: Request, bytesMax: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of request.body ?? []) {
    bytes += part.length
    if (bytes > bytesMax) throw tooLarge(bytesMax)
    parts.push(part)
  }
  return parts.length === 1 ? asBuffer(parts[0]!) : Buffer.concat(parts, bytes)
}

const asBuffer = (part: Uint8Array): Buffer =>
  Buffer.from(part.buffer, part.byteOffset, part.byteLength)

async function unpackBounded(bytes: Buffer, bytesMax: number): Promise<Buffer> {
  try {
    return await unpack(bytes, { maxOutputLength: bytesMax })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax)
    const said = error instanceof Error ? error.message : String(error)
    throw new HttpIntakeError('bad_compression', `The body does not unpack: ${said}.`)
  }
}

const tooLarge = (bytesMax: number): HttpIntakeError =>
  new HttpIntakeError('body_too_large', `The body has more than ${bytesMax} bytes.`)
