// Settings that change while nodes run, names for addresses, and the installation's own secrets.
import type { SQL } from 'bun'
import type { Alias } from '#contract'

export const openSettings = (sql: SQL) => ({
  async setting(key: string): Promise<unknown> {
    const [row] = await sql`select value::text as value from settings where key = ${key}`
    return row === undefined ? undefined : JSON.parse(row.value)
  },

  async setSetting(key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value)
    await sql`insert into settings (key, value) values (${key}, ${text}::text::jsonb)
      on conflict (key) do update set value = excluded.value`
  },

  aliases: (): Promise<readonly Alias[]> =>
    sql.unsafe('select address, name from aliases order by address'),

  setAliases: (aliases: readonly Alias[]): Promise<void> =>
    sql.begin(async (tx) => {
      await tx`lock table aliases in exclusive mode`
      await tx`delete from aliases`
      // As one parameter: thousands of rows are one statement.
      const rows = JSON.stringify(aliases)
      await tx`insert into aliases (address, name)
        select address, name from jsonb_to_recordset(${rows}::text::jsonb)
          as given (address text, name text)`
    }),

  async secret(name: string): Promise<Uint8Array> {
    const fresh = crypto.getRandomValues(new Uint8Array(32))
    // Two nodes may ask first at once: one of the two wins, and both read that one.
    await sql`insert into secrets (name, value) values (${name}, ${fresh}) on conflict do nothing`
    const [row] = await sql`select value from secrets where name = ${name}`
    return row.value
  },
})
