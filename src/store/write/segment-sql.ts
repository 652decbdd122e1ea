// Where the messages of a row of call_segments are: in the first row of its block, `block_place` ids
// before it. A block never spans more than one whole hour of first_at, and partitions are whole
// hours, so that the two rows lie in one partition and only that one is looked at.

/** Blocks and partitions begin and end with it. */
export const BLOCK_US = 3_600_000_000

/** SQL for "the row `alias` is in the block that `head` holds". */
export function inBlockSql(alias: string, head: string): string {
  const hour = hourSql(head)
  return `${alias}.id - ${alias}.block_place = ${head}.id
    and ${alias}.first_at >= ${hour} and ${alias}.first_at < ${hour} + interval '1 hour'`
}

const hourSql = (alias: string) => `date_bin('1 hour', ${alias}.first_at, 'epoch')`

/** SQL for the packed messages of the row `alias`: decode with its `format` and `block_place`. */
export function messagesSql(alias: string): string {
  const hour = hourSql(alias)
  return `case when ${alias}.block_place = 0 then ${alias}.messages else (
    select b.messages from call_segments b
    where b.block_place = 0 and b.id = ${alias}.id - ${alias}.block_place
      and b.first_at >= ${hour} and b.first_at < ${hour} + interval '1 hour') end`
}

/** SQL for what names the block of the row `alias`. */
export function blockIdSql(alias: string): string {
  return `(${alias}.id - ${alias}.block_place)::text`
}

/** The same, once for all the rows of a block for which `wanted` holds: for one of them. */
export function blocksSql(alias: string, wanted = 'true'): string {
  const block = `${alias}.id - ${alias}.block_place, (${wanted})`
  return `case when (${wanted}) and row_number() over (partition by ${block}) = 1
    then ${messagesSql(alias)} end`
}
