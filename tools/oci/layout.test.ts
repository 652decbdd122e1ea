// Bytes of archives and layouts: what other programs read in them, and that they never differ by chance.
import { expect, test } from 'bun:test'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { temporaryDirectory } from '../../test/program.ts'
import { type ImageContents, writeLayout } from './layout.ts'
import { type TarEntry, tarOf } from './tar.ts'

const file = (path: string, bytes: Uint8Array, mode = 0o644): TarEntry => ({
  ...{ path, kind: 'file', mode, bytes },
})

const name = fc.stringMatching(/^[a-z0-9][a-z0-9._+-]{0,60}$/)

test('tarOf is read back by tar, whatever the names, sizes and the order given', () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(name, name, fc.uint8Array({ maxLength: 2000 })), {
        ...{ maxLength: 6, selector: ([folder]) => folder },
      }),
      (files) => {
        using directory = temporaryDirectory('calliope-tar-')
        const entries = files.flatMap(([folder, name, bytes]): TarEntry[] => [
          file(`${folder}/${name}`, bytes, 0o755),
          { path: folder, kind: 'directory', mode: 0o750 },
          { path: `${folder}/to`, kind: 'link', mode: 0o777, target: name },
        ])
        const archive = tarOf(entries)
        expect(Buffer.compare(archive, tarOf(entries.toReversed()))).toBe(0)
        const archiveFile = join(directory.path, 'x.tar')
        const out = join(directory.path, 'out')
        mkdirSync(out)
        writeFileSync(archiveFile, archive)
        const tar = Bun.spawnSync(['tar', '-xpf', archiveFile, '-C', out])
        expect([tar.exitCode, tar.stderr.toString()]).toEqual([0, ''])
        expect(readdirSync(out).sort()).toEqual(files.map(([folder]) => folder).sort())
        for (const [folder, name, bytes] of files) {
          const path = join(out, folder, name)
          expect(readFileSync(path)).toEqual(Buffer.from(bytes))
          expect([statSync(path).mode & 0o777, statSync(path).mtimeMs]).toEqual([0o755, 0])
          expect(readlinkSync(join(out, folder, 'to'))).toBe(name)
        }
      },
    ),
    { numRuns: 25 },
  ))

test('tarOf takes names of more than 100 characters when a slash fits, and refuses the others', () => {
  const long = `${'a'.repeat(90)}/${'b'.repeat(90)}`
  using directory = temporaryDirectory('calliope-tar-')
  const path = join(directory.path, 'x.tar')
  writeFileSync(path, tarOf([file(long, new Uint8Array())]))
  expect(Bun.spawnSync(['tar', '-tf', path]).stdout.toString().trim()).toBe(long)
  expect(() => tarOf([file('a'.repeat(101), new Uint8Array())])).toThrow('does not fit into tar')
})

const contents = (text: string): ImageContents => ({
  ...{ architecture: 'amd64', config: { Entrypoint: ['/x'] }, annotations: { a: 'b' } },
  ...{ created: '1970-01-01T00:00:00Z' },
  layers: [{ made: 'test', entries: [file('x', Buffer.from(text), 0o755)] }],
})

test('writeLayout makes the same digest of the same input, and another of another', async () => {
  using one = temporaryDirectory('calliope-oci-')
  using two = temporaryDirectory('calliope-oci-')
  const first = await writeLayout(one.path, 'v1', contents('same'))
  await Bun.sleep(1100) // a time anywhere in it would be another second
  const second = await writeLayout(two.path, 'v1', contents('same'))
  expect(second.digest).toBe(first.digest)
  expect((await writeLayout(two.path, 'v1', contents('other'))).digest).not.toBe(first.digest)
})

test('writeLayout names every blob by what is in it', async () => {
  using directory = temporaryDirectory('calliope-oci-')
  const { digest, packedBytes } = await writeLayout(directory.path, 'v1', contents('x'))
  const blobs = join(directory.path, 'blobs/sha256')
  for (const hex of readdirSync(blobs)) {
    const bytes = readFileSync(join(blobs, hex))
    expect(new Bun.CryptoHasher('sha256').update(bytes).digest('hex')).toBe(hex)
  }
  const manifest = JSON.parse(readFileSync(join(blobs, digest.slice(7)), 'utf8'))
  const sizes = [manifest.config, ...manifest.layers].map(({ size }: { size: number }) => size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(packedBytes)
  // The layer unpacked is what the configuration says it is.
  const config = JSON.parse(readFileSync(join(blobs, manifest.config.digest.slice(7)), 'utf8'))
  const tar = Bun.gunzipSync(readFileSync(join(blobs, manifest.layers[0].digest.slice(7))))
  const hash = new Bun.CryptoHasher('sha256').update(tar).digest('hex')
  expect(config.rootfs.diff_ids).toEqual([`sha256:${hash}`])
})
