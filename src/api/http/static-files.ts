// The screen's files, compressed once at start. Each coding is a representation of its own and has
// its own strong ETag (RFC 9110 §8.8.3). Files named after their content are kept by browsers for
// ever; the page itself is asked for each time and mostly answered with 304.
import { createHash } from 'node:crypto'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { StaticFile } from '../options.ts'
import { accepts, type Reply } from './reply.ts'

interface Representation {
  readonly coding: string
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly etag: string
}

/** Files by path, each in every coding that makes it smaller. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, { file: StaticFile; forms: readonly Representation[] }>

  constructor(files: readonly StaticFile[]) {
    this.#files = new Map(files.map((file) => [file.path, { file, forms: formsOf(file) }]))
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined
  }

  reply(path: string, request: Request): Reply {
    const { file, forms } = this.#find(path)!
    // identity always matches last, even for a client that says it takes nothing at all.
    const form = forms.find(({ coding }) => accepts(request, coding)) ?? forms.at(-1)!
    const headers = {
      'content-type': file.type,
      etag: form.etag,
      vary: 'accept-encoding',
      'cache-control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-cache',
      ...(form.coding === 'identity' ? {} : { 'content-encoding': form.coding }),
    }
    const known = (request.headers.get('if-none-match') ?? '').split(/\s*,\s*/)
    // A weak comparison is what If-None-Match asks for: proxies may have added the W/.
    return known.some((tag) => tag === '*' || tag.replace(/^W\//, '') === form.etag)
      ? { kind: 'body', body: null, status: 304, headers }
      : { kind: 'body', body: form.bytes, headers }
  }

  // By its own name first; the few that stand elsewhere too are looked through.
  #find(path: string) {
    const named = this.#files.get(path)
    if (named) return named
    for (const entry of this.#files.values()) if (entry.file.also?.test(path)) return entry
    return undefined
  }
}

// Best first; identity is last and always there.
function formsOf({ bytes }: StaticFile): readonly Representation[] {
  const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22)
  const packed = [
    { coding: 'br', bytes: brotliCompressSync(bytes), etag: `"${hash}-br"` },
    { coding: 'gzip', bytes: gzipSync(bytes), etag: `"${hash}-gzip"` },
  ].filter((form) => form.bytes.length < bytes.length)
  return [...packed, { coding: 'identity', bytes, etag: `"${hash}"` }]
}
