// Texts that stand in very many rows are kept once (schema/010-shared-texts.sql), and rows hold a number:
//
//   row ─▶ refOf(text) ─ known ──▶ the number
//                      └ unknown ─▶ undefined: the text stands in the row; counted
//   now and then  renew ─▶ what was met often gets a number ─▶ used from the next batch on
//
// A number is committed before any row that uses it, so no row can be read without its text. What is rare, long or not
// plain ASCII is never shared, and there is a most: an agent that invents names fills rows, not this table.
import type { SQL } from 'bun'

/** Met so often since the last look: worth a number. */
const OFTEN = 32
const CHARS_MAX = 200
/** Of the 32,767 that fit a smallint. */
const TEXTS_MAX = 30_000
/** Unknown texts that are counted at a time. */
const COUNTED_MAX = 4_096
const RENEW_MS = 5_000
/** What other nodes shared, and whether there is room again, is asked so often. */
const RELOAD_MS = 300_000
const PLAIN = /^[\x20-\x7e\n]+$/

export class SharedTexts {
  readonly #max: number
  readonly #refs = new Map<string, number>()
  readonly #met = new Map<string, number>()
  #renewedMs = Number.NEGATIVE_INFINITY
  #loadedMs = Number.NEGATIVE_INFINITY
  #isFull = false
  #refMax = 0

  constructor({ max = TEXTS_MAX }: { readonly max?: number } = {}) {
    this.#max = max
  }

  /** The highest number that may have been written. */
  get refMax(): number {
    return this.#refMax
  }

  /** The number to write instead of the text. */
  refOf(text: string): number | undefined {
    const ref = this.#refs.get(text)
    if (ref === undefined && text !== '') this.#count(text)
    return ref
  }

  /** Shares what has been met often, when it is time; `nowMs` never goes back. */
  async renew(sql: SQL, nowMs = performance.now()): Promise<void> {
    const isStale = nowMs - this.#loadedMs >= RELOAD_MS
    if (!isStale && (this.#isFull || nowMs - this.#renewedMs < RENEW_MS)) return
    this.#renewedMs = nowMs
    const often = [...this.#met].filter(([, times]) => times >= OFTEN).map(([text]) => text)
    this.#met.clear()
    if (often.length > 0) await share(sql, often, this.#max)
    if (often.length === 0 && !isStale) return
    await this.load(sql)
    this.#loadedMs = nowMs
    this.#isFull = this.#refs.size >= this.#max
  }

  /** Takes over all that are shared, and forgets what another database had. */
  async load(sql: SQL): Promise<void> {
    this.#refs.clear()
    const rows = (await sql`select id, text from shared_texts`) as { id: number; text: string }[]
    for (const { id, text } of rows) this.#refs.set(text, id)
    this.#refMax = Math.max(0, ...this.#refs.values())
  }

  #count(text: string): void {
    const times = this.#met.get(text)
    if (times !== undefined) this.#met.set(text, times + 1)
    else if (this.#met.size < COUNTED_MAX && isShareable(text)) this.#met.set(text, 1)
  }
}

const isShareable = (text: string): boolean => text.length <= CHARS_MAX && PLAIN.test(text)

/** False when numbers up to `refMax` are not there: the database is not the one they were read from. */
export async function hasTexts(tx: SQL, refMax: number): Promise<boolean> {
  if (refMax === 0) return true
  const [newest] = (await tx`select max(id) as id from shared_texts`) as { id: number | null }[]
  return (newest?.id ?? 0) >= refMax
}

/** Two nodes may want the same number: one of them gets it, the other asks again in a while. */
async function share(sql: SQL, texts: readonly string[], max: number): Promise<void> {
  await sql`
    insert into shared_texts (id, text)
    select id, text from (
      select (select coalesce(max(id), 0) from shared_texts) + row_number() over () as id, new_text as text
      from jsonb_array_elements_text(${texts}::jsonb) new_text
      where not exists (select from shared_texts known where known.text = new_text)
    ) new where id <= ${max}
    on conflict do nothing`
}
