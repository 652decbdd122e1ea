import { expect, test } from 'bun:test'
import type { SQL } from 'bun'
import type { CallRow, TailEvent } from '#contract'
import { connect } from '../postgres/connect.ts'
import { openCallStore } from './call-store.ts'
import { QueryError } from './query-error.ts'
import { CALLS_A_TICK_MAX, ROWS_A_TICK_MAX } from './tail-calls.ts'
import { answeredCall, insertSegments, traced } from './test-calls.ts'
import { callsDatabase } from './test-rig.ts'

const database = callsDatabase()

/** A batch as the writer numbers it: one number of the sequence, taken inside the transaction. */
async function storeBatch(tx: SQL, callIds: readonly string[]): Promise<void> {
  const [{ number }] = await tx`select nextval('call_segment_ids')::text as number`
  const segments = callIds.map((callId) => ({ callId, messages: [traced({ callId })] }))
  await insertSegments(tx, segments, Number(number))
}

interface Watching {
  readonly events: TailEvent[]
  readonly calls: () => readonly CallRow[]
  /** Waits until something holds. */
  until(condition: () => boolean): Promise<void>
  stop(): Promise<void>
}

async function watch(q = ''): Promise<Watching> {
  const abort = new AbortController()
  const events: TailEvent[] = []
  let wake = () => {}
  const reading = (async () => {
    for await (const event of openCallStore({ sql: database.sql, tailEveryMs: 40 }).tail(
      q,
      abort.signal,
    )) {
      events.push(event)
      wake()
    }
  })()
  const calls = () => events.flatMap((event) => (event.kind === 'call' ? [event.call] : []))
  const until = async (condition: () => boolean) => {
    while (!condition())
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  // Stored again and again until seen: from then on nothing may be missed.
  const first = setInterval(() => {
    database.sql.begin((tx) => storeBatch(tx, ['first'])).catch(() => {})
  }, 50)
  if (q === '') await until(() => events.length > 0)
  clearInterval(first)
  return {
    events,
    calls,
    until,
    stop: async () => {
      abort.abort()
      await reading
    },
  }
}

test('tail shows a call as it grows, merged, and ends when the signal aborts', async () => {
  const watching = await watch()
  const [invite, ...rest] = answeredCall({ callId: 'grows' })
  await insertBatch('grows', [invite!])
  const seen = () => watching.calls().filter(({ callId }) => callId === 'grows')
  await watching.until(() => seen().length === 1)
  await insertBatch('grows', rest)
  await watching.until(() => seen().length === 2)
  expect(seen().map(({ outcome, messageCount }) => [outcome, messageCount])).toEqual([
    ['trying', 1],
    ['completed', 6],
  ])
  await watching.stop()
})

async function insertBatch(callId: string, messages: readonly ReturnType<typeof traced>[]) {
  const [{ number }] = await database.sql`select nextval('call_segment_ids')::text as number`
  await insertSegments(database.sql, [{ callId, messages }], Number(number))
}

test('tail misses nothing and doubles nothing of two writers whose commits overtake each other', async () => {
  const watching = await watch()
  const writers = [connect({ url: database.url, max: 1 }), connect({ url: database.url, max: 1 })]
  const stored: string[] = []
  // Numbers are taken at once and committed later: x holds each for more than a tick, while y takes and
  // commits many; every fifth is rolled back, so that its number never comes.
  const write = async (sql: SQL, name: string, count: number, holdMs: number) => {
    for (let n = 0; n < count; n += 1) {
      const callIds = [`${name}-${n}-a`, `${name}-${n}-b`]
      const transaction = sql.begin(async (tx) => {
        await storeBatch(tx, callIds)
        await Bun.sleep(holdMs)
        if (n % 5 === 4) throw new Error('rolled back')
      })
      await transaction.then(
        () => stored.push(...callIds),
        () => {},
      )
    }
  }
  await Promise.all([write(writers[0]!, 'x', 5, 150), write(writers[1]!, 'y', 60, 10)])
  const seen = () =>
    watching
      .calls()
      .map(({ callId }) => callId)
      .filter((id) => /^[xy]-/.test(id))
  await watching.until(() => seen().length >= stored.length)
  await storeBatch(database.sql, ['last'])
  await watching.until(() => watching.calls().at(-1)?.callId === 'last')
  expect(seen().sort()).toEqual(stored.sort())
  expect(stored).toHaveLength(104)
  await watching.stop()
  await Promise.all(writers.map((sql) => sql.close({ timeout: 0 })))
})

test('tail shows what was committed late from a transaction that was open when it began', async () => {
  const open = Promise.withResolvers<void>()
  const began = Promise.withResolvers<void>()
  const writing = database.sql.begin(async (tx) => {
    await storeBatch(tx, ['early'])
    began.resolve()
    await open.promise
  })
  await began.promise
  const watching = await watch()
  open.resolve()
  await writing
  await watching.until(() => watching.calls().some(({ callId }) => callId === 'early'))
  await watching.stop()
})

test('tail gives a watcher only what matches, and at most so many rows a tick, saying what it skipped', async () => {
  const watching = await watch()
  const count = CALLS_A_TICK_MAX + 300
  await database.sql.begin((tx) =>
    storeBatch(
      tx,
      Array.from({ length: count }, (_, n) => `flood-${n}`),
    ),
  )
  await watching.until(() => watching.calls().at(-1)?.callId === `flood-${count - 1}`)
  const flood = watching.calls().filter(({ callId }) => callId.startsWith('flood'))
  expect(flood.map(({ callId }) => callId)).toEqual(
    Array.from({ length: ROWS_A_TICK_MAX }, (_, n) => `flood-${count - ROWS_A_TICK_MAX + n}`),
  )
  const skipped = watching.events.flatMap((event) =>
    event.kind === 'skipped' ? [event.count] : [],
  )
  // The 'first' of `watch` may have come in the same tick.
  expect(skipped[0]! - (count - ROWS_A_TICK_MAX)).toBeOneOf([0, 1, 2, 3])
  await watching.stop()
  const picky = await watch('callid:picked-*')
  await Bun.sleep(0)
  const again = setInterval(() => {
    database.sql.begin((tx) => storeBatch(tx, ['other', 'picked-1'])).catch(() => {})
  }, 50)
  await picky.until(() => picky.events.length >= 2)
  clearInterval(again)
  expect(new Set(picky.calls().map(({ callId }) => callId))).toEqual(new Set(['picked-1']))
  await picky.stop()
})

test('tail of a query that does not parse throws QueryError before it waits for anything', async () => {
  const nowhere = connect({ url: 'postgres://x@127.0.0.1:1/x' })
  const events = openCallStore({ sql: nowhere }).tail('frm:a', new AbortController().signal)
  await expect(events[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(QueryError)
})
