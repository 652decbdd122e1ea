// Users, sessions, tokens, settings and the audit log behind one object: what the API asks for (it
// declares the same shape for itself).
import type { SQL } from 'bun'
import { connect } from '../postgres/connect.ts'
import { explaining } from '../read/explaining.ts'
import { openAudit } from './audit.ts'
import { openSessions } from './sessions.ts'
import { openSettings } from './settings.ts'
import { openTokens } from './tokens.ts'
import { openUsers } from './users.ts'

/**
 * Connections for who asks, which every request waits for: apart from those of the searches, or eight slow
 * searches would keep everybody from logging in.
 */
export const connectPeople = (url: string): SQL =>
  connect({ url, max: 2, application: 'calliope people' })

/** A row or two by key: whoever has to log in waits for it. */
const ANSWER_MS_MAX = 5_000

/** The people's side of a database; nothing is opened and nothing has to be closed but `sql`. */
export const openPeople = (sql: SQL) =>
  explaining(
    sql,
    {
      ...openUsers(sql),
      ...openSessions(sql),
      ...openTokens(sql),
      ...openSettings(sql),
      ...openAudit(sql),
    },
    ANSWER_MS_MAX,
  )

export type OpenedPeople = ReturnType<typeof openPeople>
