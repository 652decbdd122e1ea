// Files of Debian packages, without installing them: what a program with glibc needs beside it. The
// versions are those of this machine's package index; they are part of the image's digest and stand in
// its annotations.
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'
import { temporaryDirectory } from '../../test/program.ts'
import type { TarEntry } from './tar.ts'

const cache = join(import.meta.dir, '../../node_modules/.cache/debian-packages')

export interface DebianPackage {
  readonly name: string
  readonly version: string
  /** The stanza by which scanners know what is in an image. */
  readonly control: string
  readonly entries: readonly TarEntry[]
}

/** Raised when apt is not here, or has no such package. */
export class DebianError extends Error {}

/** Downloads a package once and returns those of its files that `wants` says. */
export async function debianPackage(
  name: string,
  wants: (path: string) => boolean,
): Promise<DebianPackage> {
  const file = await download(name)
  using unpacked = temporaryDirectory('calliope-debian-')
  await run(['dpkg-deb', '-x', file, unpacked.path])
  const control = await run(['dpkg-deb', '-f', file])
  const paths = [...new Glob('**/*').scanSync({ cwd: unpacked.path, dot: true, onlyFiles: false })]
  return {
    ...{ name, control: `${control.trim()}\nStatus: install ok installed\n` },
    version: /^Version: (.*)$/m.exec(control)![1]!,
    entries: paths.filter(wants).map((path) => entryOf(unpacked.path, path)),
  }
}

function entryOf(root: string, path: string): TarEntry {
  const full = join(root, path)
  try {
    return { path, kind: 'link', mode: 0o777, target: readlinkSync(full) }
  } catch {
    const mode = statSync(full).mode & 0o111 ? 0o755 : 0o644
    return { path, kind: 'file', mode, bytes: readFileSync(full) }
  }
}

// apt-get download writes into the working directory, under a name with the version.
async function download(name: string): Promise<string> {
  if (Bun.which('apt-get') === null) throw new DebianError('there is no apt-get here')
  const version = /^ +Candidate: (.*)$/m.exec(await run(['apt-cache', 'policy', name]))?.[1]
  const directory = join(cache, `${name}_${version}`.replaceAll(/[^\w.+~-]/g, '_'))
  const find = () =>
    existsSync(directory) ? readdirSync(directory).find((file) => file.endsWith('.deb')) : undefined
  if (find() === undefined) {
    mkdirSync(directory, { recursive: true })
    const fetch = () => run(['apt-get', '-qq', 'download', name], directory)
    // An index that is too old names versions that are gone.
    await fetch().catch(async () => {
      await run(['apt-get', '-qq', 'update'])
      await fetch()
    })
  }
  const found = find()
  if (found === undefined) throw new DebianError(`apt-get download ${name} brought nothing`)
  return join(directory, found)
}

async function run(words: readonly string[], cwd = '/'): Promise<string> {
  const child = Bun.spawn([...words], { cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' })
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) === 0) return out
  throw new DebianError(`${words.join(' ')}: ${err.trim()}`)
}
