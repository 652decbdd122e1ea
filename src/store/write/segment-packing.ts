// Blocks compressed with zstd. A small block (slow traffic: a batch of a few messages) has little to
// find repetitions in, so it is given a dictionary: text that such messages are made of.
//
//   format 1   [zstd]
//   format 2   [varint version of the dictionary][zstd with it]
//
// Dictionaries are kept in the database by version (merge/train-dictionary.ts) and never change or go.
// Loading one costs 30 µs, so large blocks, which gain 2 % by it, do without.
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { SegmentError } from './stored-message.ts'

export const ZSTD_FORMAT = 1
export const DICTIONARY_FORMAT = 2

/** No block is larger before compression: more is damage, or an attack on memory. */
const BLOCK_BYTES_MAX = 64 * 1024 * 1024
/** Measured on mixed calls: level 3 saves 2 % for 20 % more time. */
const WRITER_LEVEL = 1
/** Beyond this a dictionary is not worth loading. */
const SMALL_BYTES = 48 * 1024
const { ZSTD_c_compressionLevel } = constants

/** Bytes for call_segments.messages and how to read them. */
export interface Packed {
  readonly format: number
  readonly bytes: Buffer
}

interface Dictionary {
  readonly version: number
  readonly bytes: Buffer
}

const dictionaries = new Map<number, Buffer>()
let current: Dictionary | undefined

/** What a dictionary is called: made of its bytes, so that no two databases mean different ones. */
export function dictionaryVersion(bytes: Buffer): number {
  return (createHash('sha256').update(bytes).digest().readUInt32BE() & 0x7fff_ffff) | 1
}

/** Makes a dictionary known for reading. */
export function knowDictionary(version: number, bytes: Buffer): void {
  dictionaries.set(version, bytes)
}

/** Small blocks are packed with this one from now on. */
export function useDictionary(dictionary: Dictionary): void {
  knowDictionary(dictionary.version, dictionary.bytes)
  current = dictionary
}

/** The one being packed with: it must be in the database before rows that need it. */
export function usedDictionary(): Dictionary | undefined {
  return current
}

/** The version a packed block needs and nobody has made known yet. */
export function missingDictionary(format: number, bytes: Buffer): number | undefined {
  if (format !== DICTIONARY_FORMAT || bytes.length === 0) return undefined
  const version = new ByteReader(bytes).varint()
  return dictionaries.has(version) ? undefined : version
}

export function packBlock(plain: Buffer, level = WRITER_LEVEL): Packed {
  if (current === undefined || plain.length > SMALL_BYTES) {
    return { format: ZSTD_FORMAT, bytes: Bun.zstdCompressSync(plain, { level }) }
  }
  const head = new ByteWriter(8)
  head.varint(current.version)
  const packed = compressWith(current.bytes, plain, level)
  return { format: DICTIONARY_FORMAT, bytes: Buffer.concat([head.view(), packed]) }
}

export function compressWith(dictionary: Buffer, plain: Buffer, level = WRITER_LEVEL): Buffer {
  const params = { [ZSTD_c_compressionLevel]: level }
  return zstdCompressSync(plain, { dictionary, params } as Parameters<typeof zstdCompressSync>[1])
}

/** Throws SegmentError for a format that is newer, RangeError and the like for damage. */
export function unpackBlock(format: number, bytes: Buffer): Buffer {
  const limits = { maxOutputLength: BLOCK_BYTES_MAX }
  if (format === ZSTD_FORMAT) return zstdDecompressSync(bytes, limits)
  if (format !== DICTIONARY_FORMAT) {
    throw new SegmentError(
      `segment format ${format} is newer than this version of calliope, which reads up to ${DICTIONARY_FORMAT}`,
    )
  }
  const reader = new ByteReader(bytes)
  const version = reader.varint()
  const dictionary = dictionaries.get(version)
  if (dictionary === undefined) throw new SegmentError(`dictionary ${version} is not known`)
  const packed = reader.view(reader.left)
  return zstdDecompressSync(packed, { ...limits, dictionary } as typeof limits)
}
