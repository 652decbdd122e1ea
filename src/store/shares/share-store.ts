// Share links in the database: who shared what until when, and the call as it is shown (004-shares.sql).
// Made and judged by the API; here they are kept, counted and forgotten.
import type { SQL } from 'bun'
import type { Share, ShareRedaction } from '#contract'
import { usSql } from '../read/sql-params.ts'
import { timeText } from '../read/time-text.ts'

/** Links listed; older ones are over or forgotten. */
const LISTED_MAX = 500
/** A link that is over stays listed for so long. */
const KEPT_DAYS = 90

/** A link about to be made. */
export interface NewShare {
  readonly id: string
  readonly tokenHash: Buffer
  readonly callId: string
  readonly createdBy: string
  readonly expiresAt: string
  readonly redact: ShareRedaction
  /** What is shown, as JSON. */
  readonly snapshot: string
}

/** What a token opens: the link, and what it shows unless it is over. */
export interface OpenedShare {
  readonly share: Share
  /** JSON; undefined once the link expired or was revoked. */
  readonly snapshot: string | undefined
}

interface ShareRow {
  readonly id: string
  readonly call_id: string
  readonly created_us: string
  readonly created_by: string
  readonly expires_us: string
  readonly revoked_us: string | null
  readonly redact: ShareRedaction
  readonly opened_count: string
  readonly opened_us: string | null
}

const COLUMNS = `id, call_id, ${usSql('created_at')} as created_us, created_by,
  ${usSql('expires_at')} as expires_us, ${usSql('revoked_at')} as revoked_us, redact, opened_count,
  ${usSql('last_opened_at')} as opened_us`

/** Keeps share links. */
export class ShareStore {
  readonly #sql: SQL

  constructor(sql: SQL) {
    this.#sql = sql
  }

  async create(share: NewShare): Promise<Share> {
    await this.#forgetOld()
    const { id, tokenHash, callId, createdBy, expiresAt, redact, snapshot } = share
    const [row] = await this.#sql.unsafe<ShareRow[]>(
      `insert into shares (id, token_hash, call_id, created_by, expires_at, redact, snapshot)
       values ($1::uuid, $2::bytea, $3, $4, $5::timestamptz, $6::jsonb, $7::bytea)
       returning ${COLUMNS}`,
      // Numbers and bodies as an object: Bun sends a text for jsonb as a JSON string.
      [id, tokenHash, callId, createdBy, expiresAt, redact, await Bun.zstdCompress(snapshot)],
    )
    return shareOf(row!)
  }

  /** Counts the opening when there is something to show; undefined for a token nobody was given. */
  async open(tokenHash: Buffer): Promise<OpenedShare | undefined> {
    const [opened] = await this.#sql.unsafe<(ShareRow & { snapshot: Buffer })[]>(
      `update shares set opened_count = opened_count + 1, last_opened_at = now()
       where token_hash = $1::bytea and revoked_at is null and expires_at > now()
         and snapshot is not null returning ${COLUMNS}, snapshot`,
      [tokenHash],
    )
    if (opened !== undefined) {
      const json = await Bun.zstdDecompress(opened.snapshot)
      return { share: shareOf(opened), snapshot: json.toString('utf8') }
    }
    const [over] = await this.#sql.unsafe<ShareRow[]>(
      `select ${COLUMNS} from shares where token_hash = $1::bytea`,
      [tokenHash],
    )
    return over === undefined ? undefined : { share: shareOf(over), snapshot: undefined }
  }

  /** Newest first; only those of one person when a name is given. */
  async list(createdBy: string | undefined): Promise<readonly Share[]> {
    const rows = await this.#sql.unsafe<ShareRow[]>(
      `select ${COLUMNS} from shares where $1::text is null or created_by = $1::text
       order by created_at desc, id limit ${LISTED_MAX}`,
      [createdBy ?? null],
    )
    return rows.map(shareOf)
  }

  /** Ends a link for good; of one person only when a name is given. Undefined when there is none. */
  async revoke(id: string, createdBy: string | undefined): Promise<Share | undefined> {
    const [row] = await this.#sql.unsafe<ShareRow[]>(
      `update shares set revoked_at = coalesce(revoked_at, now()), snapshot = null
       where id = $1::uuid and ($2::text is null or created_by = $2::text) returning ${COLUMNS}`,
      [id, createdBy ?? null],
    )
    return row === undefined ? undefined : shareOf(row)
  }

  /** Whenever a link is made: calls must not stay longer than they were shared for. */
  async #forgetOld(): Promise<void> {
    await this.#sql.unsafe(
      'update shares set snapshot = null where expires_at < now() and snapshot is not null',
    )
    await this.#sql.unsafe(
      `delete from shares where expires_at < now() - interval '${KEPT_DAYS} days'`,
    )
  }
}

function shareOf(row: ShareRow): Share {
  return {
    id: row.id,
    callId: row.call_id,
    createdAt: timeText(Number(row.created_us)),
    createdBy: row.created_by,
    expiresAt: timeText(Number(row.expires_us)),
    revokedAt: row.revoked_us === null ? null : timeText(Number(row.revoked_us)),
    redact: row.redact,
    openedCount: Number(row.opened_count),
    lastOpenedAt: row.opened_us === null ? null : timeText(Number(row.opened_us)),
  }
}
