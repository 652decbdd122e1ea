// A tar archive (POSIX ustar) from entries in memory: no times, no names of users, sorted, so that the
// same files are the same bytes on any machine and at any time.
//
//   one entry = [512 header][contents, padded to 512]   the end = 1,024 zeros

export interface TarEntry {
  /** Without a slash in front; directories are told by `kind`. At most 100 characters, or 255 with a fitting slash. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly mode: number
  /** User and group. @default 0 */
  readonly owner?: number
  readonly bytes?: Uint8Array
  /** Where a link leads. */
  readonly target?: string
}

const BLOCK = 512
const TYPE_OF = { file: '0', link: '2', directory: '5' } as const

/** The archive. Throws on a path that the format cannot hold. */
export function tarOf(entries: readonly TarEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  const parts = sorted.flatMap((entry) => {
    const bytes = entry.bytes ?? new Uint8Array()
    return [headerOf(entry), bytes, new Uint8Array((BLOCK - (bytes.length % BLOCK)) % BLOCK)]
  })
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK)])
}

function headerOf({ path, kind, mode, owner = 0, bytes, target = '' }: TarEntry): Uint8Array {
  const header = Buffer.alloc(BLOCK)
  const { prefix, name } = split(kind === 'directory' ? `${path}/` : path)
  if (Buffer.byteLength(target) > 100) throw new Error(`a link to ${target} does not fit into tar`)
  header.write(name, 0)
  number(header, 100, 8, mode)
  number(header, 108, 8, owner)
  number(header, 116, 8, owner)
  number(header, 124, 12, kind === 'file' ? (bytes?.length ?? 0) : 0)
  number(header, 136, 12, 0)
  header.write(TYPE_OF[kind], 156)
  header.write(target, 157)
  header.write('ustar\x0000', 257, 'latin1')
  header.write(prefix, 345)
  header.fill(' ', 148, 156) // the checksum counts itself as blanks
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

// Octal digits and a NUL.
const number = (header: Buffer, at: number, bytes: number, value: number): void => {
  header.write(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, 'latin1')
}

function split(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: '', name: path }
  const at = path.indexOf('/', Math.max(0, path.length - 101))
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
  if (at < 0 || name === '' || prefix.length > 155) throw new Error(`${path} does not fit into tar`)
  return { prefix, name }
}
