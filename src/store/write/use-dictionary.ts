// The dictionary that small blocks are packed with, between a thread and the database. The newest one
// there is used; and whichever was used is put into the transaction of its rows where it is missing,
// so that rows can be read whatever became of the database since it was asked.
import type { SQL } from 'bun'
import { useDictionary, usedDictionary } from './segment-packing.ts'

/** The newest dictionary of the database, if it has one, is used from now on. */
export async function useNewestDictionary(sql: SQL): Promise<void> {
  const rows = (await sql`select version, bytes from message_dictionaries
    order by created_at desc, version limit 1`) as { version: number; bytes: Buffer }[]
  for (const dictionary of rows) useDictionary(dictionary)
}

export async function keepUsedDictionary(tx: SQL): Promise<void> {
  const used = usedDictionary()
  if (used === undefined) return
  const [known] = await tx`select from message_dictionaries where version = ${used.version}`
  if (known !== undefined) return
  await tx`insert into message_dictionaries (version, bytes) values (${used.version}, ${used.bytes})
    on conflict do nothing`
}
