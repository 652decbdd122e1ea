// The groups of a batch as rows for COPY, and their messages packed in blocks of neighbouring rows.
//
//   groups   a b c d e f g h │ i j          a block ends when it is full, or with the hour
//   rows     A b c d e f g h │ I j          the first row of a block holds it (segment-sql.ts)
import { type CallState, callStateOf, correlationKeysOf } from '#sip'
import type { ByteWriter } from './byte-writer.ts'
import type { CallGroup } from './call-groups.ts'
import { BlockBuilder } from './segment.ts'
import { writeSegmentRow } from './segment-row.ts'
import { BLOCK_US } from './segment-sql.ts'

/**
 * Before compression; 9 KB after it. Measured in the database, calls whole and spread over batches:
 * 32 KiB 196 and 406 bytes a message, 64 KiB 177 and 386, 96 KiB 164 and 384. Reading one call
 * unpacks up to as many blocks as it has segments, 60 µs each.
 */
const BLOCK_BYTES = 64 * 1024
