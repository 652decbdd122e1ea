// The engine's binary is 100 MB, and the kernel maps whatever of it was ever touched, sixteen pages at a time: after the
// start 40 MB of it count as ours, and a third of that is used again. The rest is given back:
//
//   /proc/self/smaps ─▶ mappings of our own binary that are read-only and unchanged ─▶ madvise(DONTNEED)
//
// Nothing is lost: such pages are the file, and what is needed comes back from the page cache (a fault of 0.25 µs a page;
// 2,000 of them). Pages that were ever written to are left alone. Linux only; anything unexpected, and nothing is done.
import { dlopen, FFIType } from 'bun:ffi'
import { readFileSync, readlinkSync } from 'node:fs'
import { log } from '#log'

const LIBC_NAMES = [
  'libc.so.6',
  `libc.musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`,
]
const MADV_DONTNEED = 4
const EVERY_MS = 2_000
/** The first traffic makes the engine compile, which touches much of it once: most there ever is at a time. */
const AT_FIRST_MS = [0, 500, 1_000, 1_500, 2_000, 3_000]

interface Mapping {
  readonly from: bigint
  readonly bytes: bigint
}

/** Gives them back now and then, for as long as the process lives. */
export function keepEngineSmall(): void {
  for (const ms of AT_FIRST_MS) setTimeout(giveBackEnginePages, ms).unref()
  setInterval(giveBackEnginePages, EVERY_MS).unref()
}

/** Bytes of mappings whose pages were given back. */
export function giveBackEnginePages(): number {
  if (process.platform !== 'linux') return 0
  try {
    const mappings = engineMappings(
      readFileSync('/proc/self/smaps', 'latin1'),
      readlinkSync('/proc/self/exe'),
    )
    return Number(giveBack(mappings))
  } catch (error) {
    log.debug({ error: String(error) }, 'pages of the engine stay in memory')
    return 0
  }
}

/** Read-only mappings of `file` of which no page is a changed copy. */
export function engineMappings(smaps: string, file: string): readonly Mapping[] {
  return smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/).flatMap((text) => {
    const [, from, to, rights, path] =
      /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ +(.+)/.exec(text) ?? []
    const changed = /^Anonymous: +(\d+) kB$/m.exec(text)?.[1]
    if (path !== file || rights?.[1] !== '-' || rights[3] !== 'p' || changed !== '0') return []
    const [first, end] = [BigInt(`0x${from}`), BigInt(`0x${to}`)]
    return [{ from: first, bytes: end - first }]
  })
}

function giveBack(mappings: readonly Mapping[]): bigint {
  const { symbols, close } = openLibc()
  let bytes = 0n
  for (const mapping of mappings) {
    if (symbols.madvise(mapping.from, mapping.bytes, MADV_DONTNEED) === 0) bytes += mapping.bytes
  }
  close()
  return bytes
}

const MADVISE = {
  madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 },
} as const

function openLibc() {
  for (const name of LIBC_NAMES) {
    try {
      return dlopen(name, MADVISE)
    } catch {} // the other one
  }
  throw new Error(`neither of ${LIBC_NAMES.join(', ')} can be opened`)
}
