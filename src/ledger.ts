// The ledger: every packet that reaches us is counted once, and the sums balance at all times.
//
//   received ─┬─ appended to the spool ─┬─ stored in PostgreSQL
//             │                         ├─ rejected by the store (discard rules)
//             │                         ├─ dropped by the store (spool damage)
//             │                         └─ pending (in the spool, behind the store's cursor)
//             ├─ rejected by the intake (a reason)
//             └─ dropped by the intake  (a reason)
//
// Intake counts in shared memory (one writer thread per lane, any reader), because metrics and the
// API live on another thread and timers starve on a flooded one. The same counts are written into
// the header of every spool batch, so they survive kill -9 exactly as far as the data does; the
// store keeps its own in the row that holds its cursor, in the same transaction as the data.

/** Why a frame was refused: something is wrong with it, or a rule says so. */
export const REJECT_REASONS = [
  'not_hep', // no known magic, version or gzip header
  'truncated', // shorter than its own length says
  'length_mismatch', // datagram and length field disagree
  'bad_chunk', // chunk shorter than its header, past the end, or wrong size for its type
  'bad_compression', // gzip or zlib data that does not inflate, or inflates past the limit
  'oversized', // longer than a HEP frame can be
  'no_payload', // nothing to store
  'auth_missing', // agent keys are configured and the frame carries none
  'auth_wrong', // the frame's key is not one of them
  'address_denied', // the peer is not on the allow-list
  'discarded', // a configured filter says not to keep this message
  'duplicate', // the same payload came a moment before, and duplicates are not wanted
] as const
export type RejectReason = (typeof REJECT_REASONS)[number]

/** Why a good frame could not be kept. */
export const DROP_REASONS = [
  'kernel_buffer', // the kernel's receive buffer overflowed before we read (from /proc/net/udp)
  'spool_full', // spool.bytes_max reached
  'disk_error', // the disk refused the write (full, read-only, failing)
  'source_limit', // one source sent more than its share
  'spool_damaged', // a spool batch failed its checksum and could not be read back
] as const
export type DropReason = (typeof DROP_REASONS)[number]

export interface LedgerCounts {
  readonly received: number
  readonly appended: number
  readonly rejected: Readonly<Partial<Record<RejectReason, number>>>
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
}

const REJECTED_AT = 2
const DROPPED_AT = REJECTED_AT + REJECT_REASONS.length
/** Number of counters in one lane's block: received, appended, then each reason in order. */
export const LEDGER_SLOTS = DROPPED_AT + DROP_REASONS.length

const rejectSlot = new Map(REJECT_REASONS.map((reason, i) => [reason, REJECTED_AT + i]))
const dropSlot = new Map(DROP_REASONS.map((reason, i) => [reason, DROPPED_AT + i]))

/** One lane's counters in memory that other threads may read; exactly one thread writes. */
export class LaneLedger {
  readonly memory: SharedArrayBuffer
  readonly #slots: Float64Array

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(LEDGER_SLOTS * 8)) {
    this.memory = memory
    this.#slots = new Float64Array(memory)
  }

  append(): void {
    this.#slots[0]! += 1
    this.#slots[1]! += 1
  }

  reject(reason: RejectReason, count = 1): void {
    this.#slots[0]! += count
    this.#slots[rejectSlot.get(reason)!]! += count
  }

  drop(reason: DropReason, count = 1): void {
    this.#slots[0]! += count
    this.#slots[dropSlot.get(reason)!]! += count
  }

  /** Frames counted as appended that the disk then refused: they were dropped after all. */
  lose(reason: DropReason, count: number): void {
    this.#slots[1]! -= count
    this.#slots[dropSlot.get(reason)!]! += count
  }

  get appended(): number {
    return this.#slots[1]!
  }

  /** A copy of the raw counters, as the spool writes them into a batch header. */
  slots(): Float64Array {
    return this.#slots.slice()
  }

  /** Takes over counters read back from the spool after a restart. */
  restore(slots: Float64Array): void {
    this.#slots.set(slots)
  }

  counts(): LedgerCounts {
    return ledgerCounts(this.#slots)
  }
}

/** Names raw counters; reasons that never happened are left out. */
export function ledgerCounts(slots: Float64Array): LedgerCounts {
  const named = <Reason extends string>(reasons: readonly Reason[], from: number) =>
    Object.fromEntries(
      reasons.map((reason, i) => [reason, slots[from + i]!] as const).filter(([, n]) => n > 0),
    ) as Partial<Record<Reason, number>>
  return {
    received: slots[0]!,
    appended: slots[1]!,
    rejected: named(REJECT_REASONS, REJECTED_AT),
    dropped: named(DROP_REASONS, DROPPED_AT),
  }
}

const READS_MAX = 100

/**
 * Reads counters other threads write until their sums add up. A thread may be held by the kernel for
 * milliseconds between counting a frame as received and as what became of it.
 */
export async function readSteady<Lane extends { readonly counts: LedgerCounts }>(
  read: () => readonly Lane[],
): Promise<readonly Lane[]> {
  let lanes = read()
  for (let reads = 1; reads < READS_MAX && !lanes.every(addsUp); reads++) {
    await Bun.sleep(1)
    lanes = read()
  }
  return lanes
}

function addsUp({ counts }: { readonly counts: LedgerCounts }): boolean {
  const reasons = [...Object.values(counts.rejected), ...Object.values(counts.dropped)]
  return counts.received === reasons.reduce((sum, n) => sum + n, counts.appended)
}
