// The spool's own id, a UUID made once, and the 20 bytes by which its batches are recognised.

/** 'CSPL', as every batch has it at offset 4, before the id. */
export const BATCH_MAGIC = 0x4c_50_53_43

export interface SpoolId {
  readonly text: string
  readonly bytes: Buffer
  /** Magic and id: what every batch of this spool has at offset 4. */
  readonly mark: Buffer
}

/** Takes the id as spool.json has it. */
export function spoolIdFrom(text: string): SpoolId {
  const mark = Buffer.alloc(20)
  mark.writeUInt32LE(BATCH_MAGIC, 0)
  mark.write(text.replaceAll('-', ''), 4, 'hex')
  return { text, bytes: mark.subarray(4), mark }
}
