// Where calls go into homer7's tables only, nobody writes the rows by which Calliope's ledger counts: so they
// are carried over from homer7's own, a moment after each commit. They are copies of whole rows, so their
// sums add up at any time; for that moment frames count as pending that are stored.
import type { SQL } from 'bun'
import { Backoff, pause } from '#backoff'
import { log as rootLog } from '#log'
import { answeredWithin, connect } from '../postgres/connect.ts'
import { describeError } from '../postgres/sql-state.ts'
import { readHomer7Lanes } from './homer7-cursors.ts'
import { type Noted, storeNoted } from './sender-notes.ts'

const log = rootLog.child({ room: 'store', part: 'homer7' })

const EVERY_MS = 200
const ANSWER_MS_MAX = 60_000
/** Batches whose notes wait for the ledger's database at most. */
const NOTED_MAX = 1_000

interface Spool {
  readonly spoolId: string
  readonly node: string
}

export class LedgerMirror {
  readonly #ledger: SQL
  readonly #homer7: SQL
  readonly #spool: Spool
  readonly #closing = new AbortController()
  readonly #backoff = new Backoff()
  #isStale = true
  readonly #noted: Noted[] = []
  #working: Promise<void> | undefined

  /** Carries from homer7's database into that of the ledger. */
  constructor(ledgerUrl: string, homer7: SQL, { spoolId, node }: Spool) {
    this.#ledger = connect({ url: ledgerUrl, max: 1, application: 'calliope homer7 ledger' })
    this.#homer7 = homer7
    this.#spool = { spoolId, node }
  }

  /** Something was stored; what was noted beside it. */
  note(noted?: Noted): void {
    this.#isStale = true
    if (noted && this.#noted.length < NOTED_MAX) this.#noted.push(noted)
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Resolves when the ledger says what homer7's rows say. */
  async flush(): Promise<void> {
    this.note()
    await this.#working
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#working
    await this.#ledger.close({ timeout: 0 }).catch(() => undefined)
  }

  async #work(): Promise<void> {
    while (this.#isStale && !this.#closing.signal.aborted) {
      this.#isStale = false
      try {
        await answeredWithin(this.#ledger, ANSWER_MS_MAX, () => this.#carry())
        this.#backoff.reset()
        await pause(EVERY_MS, this.#closing.signal)
      } catch (error) {
        this.#isStale = true
        log.warn(
          { error: describeError(error) },
          'homer7: the ledger cannot be written; trying again',
        )
        await pause(this.#backoff.nextMs(), this.#closing.signal)
      }
    }
  }

  async #carry(): Promise<void> {
    const { spoolId, node } = this.#spool
    const homer7 = this.#homer7
    const lanes = await answeredWithin(homer7, ANSWER_MS_MAX, () =>
      readHomer7Lanes(homer7, spoolId),
    )
    const noted = [...this.#noted]
    await this.#ledger.begin(async (tx) => {
      await tx`insert into spools (spool_id, node) values (${spoolId}, ${node})
        on conflict (spool_id) do update set node = excluded.node`
      await tx`
        insert into spool_cursors as c
          (spool_id, lane, file, byte_offset, records, stored, rejected, dropped, intake)
        select ${spoolId}, lane, file, byte_offset, records, stored, rejected, dropped, intake
        from jsonb_to_recordset(${lanes}::jsonb) as m(lane text, file bigint, byte_offset bigint,
          records bigint, stored bigint, rejected jsonb, dropped jsonb, intake jsonb)
        order by lane
        on conflict (spool_id, lane) do update set file = excluded.file,
          byte_offset = excluded.byte_offset, records = excluded.records, stored = excluded.stored,
          rejected = excluded.rejected, dropped = excluded.dropped, intake = excluded.intake,
          updated_at = now()`
      for (const each of noted) await storeNoted(tx, each, node)
    })
    this.#noted.splice(0, noted.length)
  }
}
