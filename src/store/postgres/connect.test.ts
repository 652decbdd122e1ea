import { expect, test } from 'bun:test'
import { DatabaseWay } from '../../../test/faults/database-way.ts'
import { answeredWithin, connect, NoAnswerError } from './connect.ts'
import { testDatabase } from './test-server.ts'

test('answeredWithin gives up a database that says nothing, and the pool connects again', async () => {
  await using database = await testDatabase()
  using way = await DatabaseWay.to(database.url)
  const sql = connect({ url: way.url, max: 2 })
  await sql`create table lines (text text)`
  const copy = answeredWithin(sql, 300, () =>
    sql.begin(async (tx) => {
      const query = tx.unsafe('copy lines from stdin')
      const writer = query.writable().getWriter()
      query.catch(() => undefined)
      await writer.write(Buffer.from('a line\n'))
      way.swallow()
      await writer.close()
    }),
  )
  expect(await copy.catch((error: unknown) => error)).toBeInstanceOf(NoAnswerError)
  const [row] = await sql`select count(*)::int as lines from lines`
  expect(row.lines).toBe(0)
  await sql.close({ timeout: 0 })
})

test('answeredWithin passes on what the database answers, be it an error', async () => {
  await using database = await testDatabase()
  const sql = connect({ url: database.url, max: 1 })
  expect(await answeredWithin(sql, 5_000, async () => 7)).toBe(7)
  const refused = answeredWithin(sql, 5_000, () => sql`select 1 / 0`)
  expect(refused).rejects.toMatchObject({ errno: '22012' })
  await refused.catch(() => undefined)
  await sql.close({ timeout: 0 })
})
