// Reading a file that has bad sectors. One that cannot be read comes back as zeros, so that the batch
// in it fails its checksum and goes the way of all damage, instead of stopping the reader for good.
import { readSync } from 'node:fs'

export type ReadAt = (
  fd: number,
  buffer: Buffer,
  at: number,
  bytes: number,
  offset: number,
) => number

const SECTOR_BYTES = 4_096

/** Fills `buffer` from `offset` on; returns how many bytes there were before the end of the file. */
export function readAround(
  fd: number,
  buffer: Buffer,
  offset: number,
  readAt: ReadAt = readSync,
): number {
  let done = 0
  while (done < buffer.length) {
    const got = readSome(fd, buffer, done, offset + done, readAt)
    if (got === 0) break
    done += got
  }
  return done
}

function readSome(fd: number, buffer: Buffer, at: number, offset: number, readAt: ReadAt): number {
  const left = buffer.length - at
  try {
    return readAt(fd, buffer, at, left, offset)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
  }
  // Up to the end of this sector: what is behind it may be sound.
  const bytes = Math.min(left, SECTOR_BYTES - (offset % SECTOR_BYTES))
  try {
    return readAt(fd, buffer, at, bytes, offset)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error
    buffer.fill(0, at, at + bytes)
    return bytes
  }
}
