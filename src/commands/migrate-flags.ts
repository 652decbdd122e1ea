// Flags that the commands about heplify-server's databases share.
import { parseTime, TIME_ALLOWED } from '#api'
import { kinds, setting, UsageError } from '#config'
import { connect, explainDatabaseError } from '#store'

/** A time in ms since 1970: RFC 3339, or an age such as -7d. */
export const moment: kinds.Kind<number | undefined> = {
  placeholder: 'TIME',
  parse: (raw) => {
    const us = parseTime(String(raw), Date.now() * 1_000)
    return us === undefined ? { allowed: TIME_ALLOWED } : { value: Math.floor(us / 1_000) }
  },
}

const FROM_ENV = 'HOMER_DATABASE'

/** The database to read; out of the environment, because other users see what stands in a command line. */
export const fromFlag = (what: string) =>
  setting(kinds.secret, process.env[FROM_ENV] ?? '', `${what}: postgres://… (or ${FROM_ENV})`)

function checkFrom(url: string): string {
  if (/^postgres(ql)?:\/\/./.test(url)) return url
  const message = `give postgres://USER:PASSWORD@HOST:PORT/NAME, or set ${FROM_ENV}`
  throw new UsageError([{ where: '--from', message }])
}

/** Connections to the database to read; rejects with a sentence when it cannot be had. */
export async function openFrom(url: string, application: string) {
  const sql = connect({ url: checkFrom(url), max: 3, application })
  try {
    await sql`select 1`
    return sql
  } catch (error) {
    await sql.close({ timeout: 0 })
    throw await explainDatabaseError(error, url)
  }
}
