// The fields of a row of COPY … (FORMAT binary), one function per PostgreSQL type. Each writes
// [i32 length, -1 = NULL][bytes], big-endian; numbers, times and lists as PostgreSQL's *recv functions
// read them.
import type { ByteWriter } from './byte-writer.ts'

/** Longest text in a searched column; an index entry takes at most 2,704 bytes. */
const TEXT_CHARS_MAX = 512
const POSTGRES_EPOCH_US = 946_684_800_000_000
/** From pg_type. */
const TEXT_OID = 25

/** What is NULL in its column when it is not known. */
export type OrNull<Value> = Value | undefined

/** A text that is NULL when nothing is known. */
export const known = (value: string): OrNull<string> => (value === '' ? undefined : value)

/** A text that is NULL when it is that of another column. */
export const unlike = (value: string, other: string): OrNull<string> =>
  value === other ? undefined : value

/** int2 fields that follow each other. */
export function int2s(out: ByteWriter, values: readonly OrNull<number>[]): void {
  for (const value of values) {
    if (value === undefined) nothing(out)
    else {
      out.int32(2)
      out.int16(value)
    }
  }
}

export function int4(out: ByteWriter, value: number): void {
  out.int32(4)
  out.int32(value)
}

export function int8(out: ByteWriter, value: number): void {
  out.int32(8)
  out.int64(value)
}

/** timestamptz fields that follow each other, in µs since 1970. */
export function times(out: ByteWriter, values: readonly OrNull<number>[]): void {
  for (const us of values) {
    if (us === undefined) nothing(out)
    else int8(out, us - POSTGRES_EPOCH_US)
  }
}

function nothing(out: ByteWriter): void {
  out.int32(-1)
}

export function bytea(out: ByteWriter, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) nothing(out)
  else {
    out.int32(bytes.length)
    out.bytes(bytes)
  }
}

function text(out: ByteWriter, value: string): void {
  const lengthAt = out.length
  out.int32(0)
  out.patchInt32(lengthAt, out.utf8(cleanText(value)))
}

/** text fields that follow each other. */
export function texts(out: ByteWriter, values: readonly OrNull<string>[]): void {
  for (const value of values) {
    if (value === undefined) nothing(out)
    else text(out, value)
  }
}

/** What PostgreSQL's text can hold of a string: no NUL; and no more than an index entry takes. */
export function cleanText(value: string): string {
  const isLong = value.length > TEXT_CHARS_MAX
  const cut = isLong ? value.slice(0, TEXT_CHARS_MAX).toWellFormed() : value
  return cut.includes('\0') ? cut.replaceAll('\0', '\ufffd') : cut
}

/** An empty list is NULL: 20 bytes less in every row. */
export function textList(out: ByteWriter, values: readonly string[]): void {
  if (values.length === 0) {
    nothing(out)
    return
  }
  const lengthAt = out.length
  out.int32(0)
  out.int32(1) // dimensions
  out.int32(0) // no NULLs
  out.int32(TEXT_OID)
  out.int32(values.length)
  out.int32(1) // first index
  texts(out, values)
  out.patchInt32(lengthAt, out.length - lengthAt - 4)
}

export function jsonb(
  out: ByteWriter,
  values: Readonly<Record<string, string | readonly string[]>>,
): void {
  const entries = Object.entries(values).map(([name, value]) => [
    name,
    typeof value === 'string' ? cleanText(value) : value.map(cleanText),
  ])
  if (entries.length === 0) {
    nothing(out)
    return
  }
  const lengthAt = out.length
  out.int32(0)
  out.byte(1) // version of jsonb on the wire
  out.patchInt32(lengthAt, 1 + out.utf8(JSON.stringify(Object.fromEntries(entries))))
}
