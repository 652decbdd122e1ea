// A directory as the place: a file system that several nodes mount (EFS, NFS), or a disk in a test.
// A file is written beside its name and renamed, so that nobody ever sees half of one.
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { type HandOverPlace, PlaceError } from './place.ts'

const UNFINISHED = '.unfinished-'

/** Opens a directory as the place; it is made with the first object. */
export const openFilePlace = (root: string): HandOverPlace => ({
  name: root,
  put: (key, bytes) => explained(root, () => putFile(join(root, key), bytes)),
  get: (key) => explained(root, () => ifThere(readFile(join(root, key)))),
  list: (prefix) => explained(root, () => listFiles(root, prefix)),
  remove: (key) => explained(root, () => removeFile(root, join(root, key))),
})

async function putFile(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const temporary = join(dirname(path), `${UNFINISHED}${crypto.randomUUID()}`)
  try {
    await writeFile(temporary, bytes, { flush: true })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}) // what matters is why it could not be written
    throw error
  }
}

// A prefix here is always a folder: nobody asks for more.
async function listFiles(root: string, prefix: string): Promise<string[]> {
  const folder = join(root, prefix)
  const found = await ifThere(readdir(folder, { recursive: true, withFileTypes: true }))
  return (found ?? [])
    .filter((entry) => entry.isFile() && !entry.name.startsWith(UNFINISHED))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .sort()
}

async function removeFile(root: string, path: string): Promise<void> {
  await rm(path, { force: true })
  for (let at = dirname(path); at.length > root.length; at = dirname(at)) {
    if ((await ifThere(readdir(at)))?.length !== 0) return
    await removeEmpty(at)
  }
}

// Somebody may put a file there between our look and this: then it stays.
async function removeEmpty(directory: string): Promise<void> {
  try {
    await rmdir(directory)
  } catch {}
}

async function ifThere<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function explained<Value>(root: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const hint =
      code === 'ENOSPC'
        ? 'make room there'
        : 'see that it is mounted and that this user may write there'
    throw new PlaceError(
      `${root} (drain.handover) cannot be used: ${message}; ${hint}`,
      false,
      error,
    )
  }
}
