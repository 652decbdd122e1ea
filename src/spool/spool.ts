// The spool: a log on the local disk between intake and everything that reads it. Intake appends and
// never waits for a reader; each reader goes at its own pace with its own cursor. A database outage is
// therefore delay, not loss, and a crash resumes where it stood.
//
// On disk
//
//   DIR/spool.json                 which spool this is (a UUID), its format, who must read a file
//   DIR/spool.lock                 the process that has it open
//   DIR/damaged/                   bytes that could not be read, copied aside (16 MiB at most)
//   DIR/udp-0/0000000001.spool     a lane: one writer thread, so no locks between writers.
//   DIR/udp-0/0000000002.spool     Files are only ever appended to, then deleted whole.
//   DIR/udp-0/0000001001.spool     Each run of the writer begins at the next round thousand.
//   DIR/udp-0/store.reader         how far a reader has come: files before that may go
//
//   file    ┌──────┬───────────┬───────────┬─────┬···     A file begins with a mark: a batch without
//           │ mark │ batch     │ batch     │ mark│        records, so that the counters outlive the
//           └──────┴───────────┴───────────┴─────┴···     files before it.
//
//   batch     0  u32    CRC-32 of all that follows         little-endian throughout
//             4  4      'CSPL'
//             8  16     the spool's id: no frame can pretend to be a batch without knowing it
//            24  u16    format of the batch, 1
//            26  u8 u8  how many reject and how many drop reasons the ledger below has
//            28  u32    bytes of the batch, this header included; 8 MiB at most
//            32  u32    records in it
//            36  u32    frames among them: those count in the ledger, quarantined ones do not
//            40  f64    frames of the lane before this batch: a gap is a loss, and says how large
//            48  f64    when it was written, µs since 1970
//            56  f64 …  the lane's ledger at the end of this batch: received, appended, rejected by
//                       reason, dropped by reason (src/ledger.ts)
//               …       records, see record-codec.ts
//
// Who promises what
//
//   append      copies into the batch at hand. A kill -9 now loses up to flushMs (50 ms) of frames and
//               their counts together, so that the ledger stays true.
//   flush       one write of the whole batch: readers see it; it survives a kill of the process.
//   sync        fdatasync, every syncMs (500 ms) and before any acknowledgement; many callers share
//               one. It survives a power failure.
//   release     a reader has passed a place. A file every declared reader has passed is deleted; the
//               newest of a lane never is.
//
// When things break
//
//   kill -9         the torn tail of the last file is cut at the last whole batch when the lane is
//                   opened; the ledger is taken from that batch; a new file begins.
//   flipped bits    the batch fails its checksum, or its length is impossible. The reader copies the
//                   bytes aside, goes on with the next whole batch, and counts the gap in the index.
//                   A sector that cannot be read counts as zeros, and so as damage.
//   power failure   up to syncMs of batches may be gone, also such as a reader has already passed on.
//                   The reader's mark, when it survived, sets the index forward again; else the
//                   reader reports how many frames the lane no longer knows of (`set-back`).
//   disk full, read-only, failing
//                   the failed batch is cut off again, its frames are counted as dropped
//                   (disk_error); trial writes, 250 ms to 5 s apart, find out when it is over.
//   bytesMax reached
//                   the newest frames are dropped (spool_full); what is spooled stays whole. Bytes of
//                   other lanes are measured about once a second, every 20 ms when little is left, so
//                   several lanes together may pass bytesMax by what they write in that time.
//   a later Calliope wrote it
//                   refused, with both versions in the sentence.
import { join } from 'node:path'
import { log } from '#log'
import { listLanes } from './lane-files.ts'
import { checkBytesMax, SPOOL_BYTES_MAX } from './open-lane.ts'
import { deletePassedFiles } from './reader-marks.ts'
import { ensureSpoolJson, readSpoolJson, type SpoolJson, writeSpoolJson } from './spool-json.ts'
import { lockSpool } from './spool-lock.ts'
import { type SpoolUsage, spoolUsage } from './spool-usage.ts'

export interface SpoolOptions {
  readonly directory: string
  /** Over all lanes. @default 8 GiB */
  readonly bytesMax?: number
  /** Who must have passed a file before it is deleted. @default none: nothing is deleted */
  readonly readers?: readonly string[]
  /** Whose backlog `usage` tells. @default all readers' */
  readonly measured?: readonly string[]
  /** How often passed files are looked for, beside each release. @default 1000 */
  readonly reclaimMs?: number
}

/** The spool as the main thread holds it; writers and readers open their lanes by directory. */
export interface Spool extends AsyncDisposable {
  readonly id: string
  readonly directory: string
  readonly bytesMax: number
  lanes(): readonly string[]
  /** Bytes, backlog and age; cheap enough for every scrape. */
  usage(): SpoolUsage
  /** Deletes files every declared reader has passed; returns how many. */
  reclaim(): number
  close(): Promise<void>
}

/** Opens a spool directory, or makes it. Throws when it is in use or a later Calliope wrote it. */
export async function openSpool({
  directory,
  bytesMax = SPOOL_BYTES_MAX,
  readers = [],
  measured = readers,
  reclaimMs = 1_000,
}: SpoolOptions): Promise<Spool> {
  checkBytesMax(bytesMax)
  const found = ensureSpoolJson(directory)
  const unlock = lockSpool(directory)
  const json = declareReaders(directory, found, readers)
  const lanes = () => listLanes(directory)
  const reclaim = () =>
    lanes().reduce((sum, lane) => sum + deletePassedFiles(join(directory, lane), readers), 0)
  const timer = setInterval(() => tend(directory, json, reclaim), reclaimMs)
  timer.unref()
  const close = async () => {
    clearInterval(timer)
    unlock()
  }
  return {
    id: json.spoolId,
    directory,
    bytesMax,
    lanes,
    usage: () => spoolUsage(directory, Date.now() * 1_000, measured),
    reclaim,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function declareReaders(directory: string, json: SpoolJson, readers: readonly string[]): SpoolJson {
  const declared = { ...json, readers }
  if (json.readers.join() === readers.join()) return declared
  try {
    writeSpoolJson(directory, declared)
  } catch (error) {
    // Reclaiming here knows them all the same; readers elsewhere go by the old list meanwhile.
    log.warn({ room: 'spool', directory, err: error }, 'could not declare the spool readers')
  }
  return declared
}

// Somebody may have removed the directory under us: lanes make theirs again, the id must come back
// with them. A disk that fails here fails the writers too, who log it; the next round tries again.
function tend(directory: string, json: SpoolJson, reclaim: () => number): void {
  try {
    if (!readSpoolJson(directory)) writeSpoolJson(directory, json)
    reclaim()
  } catch (error) {
    log.warn({ room: 'spool', directory, err: error }, 'could not look for passed spool files')
  }
}
