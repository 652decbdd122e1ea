// Which minutes may hold segments that meet a condition, by the marks the writer made
// (write/minute-marks.ts). The walk looks into these and skips the rest:
//
//   marks   ░░░█░░░░░░░░░░██░░░░░░░█░      █ may hold a hit: the lists have it, were given up, or there is no row
//   runs       ▔          ▔▔       ▔       ◀── read newest first, a slice of the time after the other
//
// A day is 1,440 rows, so time that holds nothing costs some thousandth of reading its segments. It is
// still proportional to the time searched; slices grow, so that the number of statements is not.
import { MARKED_US } from '../write/minute-marks.ts'
import type { Condition } from './query-sql.ts'
import type { ReadSession } from './read-session.ts'
import type { SearchKey } from './search-key.ts'
import { SqlParams } from './sql-params.ts'

/** From `fromUs` until before `toUs`. */
export interface MinuteRun {
  readonly fromUs: number
  readonly toUs: number
}

const FIRST_SLICE_US = 6 * 3_600_000_000
const SLICE_GROWTH = 8
/** A week; a slice that has more ends there. */
const ROWS_MAX = 10_000

export class MinuteFinder {
  readonly #session: ReadSession
  /** True of a row `m` of segment_minutes that may hold a hit. */
  readonly #condition: Condition
  /** Newest first; what is newer than `#readDownUs` and in none of them holds nothing. */
  #runs: MinuteRun[] = []
  #readDownUs: number
  #sliceUs = FIRST_SLICE_US

  constructor(session: ReadSession, condition: Condition, topUs: number) {
    this.#session = session
    this.#condition = condition
    this.#readDownUs = (Math.floor(topUs / MARKED_US) + 1) * MARKED_US
    // Clocks may be ahead of ours; there is little there.
    this.#runs = [{ fromUs: this.#readDownUs, toUs: Number.POSITIVE_INFINITY }]
  }

  /** The newest run with places after `passed`, or an empty one as far down as was looked. */
  async after({ us, callId }: SearchKey, bottomUs: number): Promise<MinuteRun> {
    // The empty id comes last of its time.
    const isPassed = ({ fromUs }: MinuteRun) => fromUs > us || (fromUs === us && callId === '')
    while (this.#runs[0] !== undefined && isPassed(this.#runs[0])) this.#runs.shift()
    if (this.#runs.length === 0 && this.#readDownUs > bottomUs) await this.#readSlice(bottomUs)
    return this.#runs[0] ?? { fromUs: this.#readDownUs, toUs: this.#readDownUs }
  }

  async #readSlice(bottomUs: number): Promise<void> {
    const toUs = this.#readDownUs
    const lowestUs = Math.floor(bottomUs / MARKED_US) * MARKED_US
    const askedUs = Math.max(lowestUs, toUs - this.#sliceUs)
    const cold = await this.#coldMinutes({ fromUs: askedUs, toUs })
    const fromUs = cold.length < ROWS_MAX ? askedUs : cold.at(-1)!
    let hotToUs = toUs
    for (const coldUs of cold) {
      if (coldUs + MARKED_US < hotToUs)
        this.#runs.push({ fromUs: coldUs + MARKED_US, toUs: hotToUs })
      hotToUs = coldUs
    }
    if (hotToUs > fromUs) this.#runs.push({ fromUs, toUs: hotToUs })
    this.#readDownUs = fromUs
    this.#sliceUs = this.#sliceUs * SLICE_GROWTH
  }

  /** Minutes that cannot hold a hit, by the word of all nodes that have one; newest first. */
  async #coldMinutes({ fromUs, toUs }: MinuteRun): Promise<readonly number[]> {
    const params = new SqlParams()
    const text = `
      select extract(epoch from m.minute)::bigint as s from segment_minutes m
      where m.minute >= ${params.time(fromUs)} and m.minute < ${params.time(toUs)}
      group by m.minute having not bool_or(${this.#condition(params)})
      order by m.minute desc limit ${ROWS_MAX}`
    const rows = await this.#session.rows<{ s: string }>(text, params.values)
    return rows.map(({ s }) => Number(s) * 1_000_000)
  }
}
