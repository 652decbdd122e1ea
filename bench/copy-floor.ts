// How fast PostgreSQL takes our rows when nothing else happens (stored-rows.ts).
import { temporaryDirectory } from '../test/program.ts'
import { startServer } from './database.ts'
import { fillSpool, startAndStore } from './fill.ts'
import type { BenchOptions } from './options.ts'
import { StoredRows } from './stored-rows.ts'
import { count, type Row, table } from './table.ts'
import { trafficRing } from './traffic.ts'

const MESSAGES = 1e6

export async function copyFloor({ isQuick }: BenchOptions): Promise<string> {
  const messages = isQuick ? 5_000 : MESSAGES
  await using server = await startServer({ isQuick })
  using directory = temporaryDirectory('calliope-bench-')
  await fillSpool({ directory: directory.path, ring: trafficRing('whole'), messages })
  const database = await server.create('copy_floor')
  const place = { directory: directory.path, database }
  await (await startAndStore(place, messages))[Symbol.asyncDispose]()
  const stored = await StoredRows.takeFrom(server, 'copy_floor')
  const indexes = (await stored.indexes()).map(({ definition }) => definition)
  const row = async (name: string, definitions: readonly string[]): Promise<Row> => {
    const ms = await stored.copyMs(name, definitions)
    return [name, `${count((messages / ms) * 1_000)}/s`, ((ms * 1_000) / messages).toFixed(2)]
  }
  const rows = [
    await row(`with our ${indexes.length} indexes`, indexes),
    await row('without indexes', []),
  ]
  await stored.close()
  return (
    `COPY of rows made beforehand, inside ${server.version}, one connection, ${count(messages)} messages in seven-message calls:\n\n` +
    table(['table', 'messages', 'µs/msg'], rows)
  )
}
