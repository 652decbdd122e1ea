// DBDriver, DBAddr, DBUser, DBPass, DBDataTable and DBSSLMode as one URL. What is a reference to a secret
// stays one; everything else is percent-encoded, so that a password may hold any sign.
import type { Outcome, Values } from './heplify-key.ts'

const PORT = 5432
const REFERENCE = /(\$\{secret:[^}]*\})/
/** heplify-server's own default, which is that of MySQL. */
const MYSQL_PORT = /^localhost:3306$/

export const isPostgres = (v: Values): boolean => v.text('DBDriver') === 'postgres'

/** Why DBAddr cannot be connected to; undefined when it may be. */
export function addressFault(address: string): string | undefined {
  if (/^unix:/.test(address))
    return 'the database is reached over TCP here; give HOST:PORT, such as 127.0.0.1:5432'
  if (REFERENCE.test(address) || address.length <= 2) return undefined
  return /^(\[[0-9a-f:.]+\]|[^\s:/@?#[\]]+)(:\d{1,5})?$/i.test(address)
    ? undefined
    : 'give HOST:PORT or [IPv6]:PORT'
}

/** The setting `database`, and what is said of it. */
export function databaseOf(v: Values): Outcome {
  if (isPostgres(v) && v.text('DBAddr').length > 2)
    return {
      kind: 'honoured',
      what: 'database: the URL made of DBAddr, DBUser, DBPass, DBDataTable, DBSSLMode',
      settings: { database: urlOf(v) },
    }
  const why = isPostgres(v) ? 'DBAddr is off' : 'only PostgreSQL is written to'
  return {
    kind: 'replaced',
    what: `${why}: calls go into the embedded PostgreSQL in data_dir; give --database URL for another`,
    settings: { database: 'embedded' },
  }
}

function urlOf(v: Values): string {
  const given = v.text('DBAddr')
  const address = MYSQL_PORT.test(given) ? `localhost:${PORT}` : given
  const hasPort = /:(\d+|\$\{secret:[^}]*\})$/.test(address)
  const place = hasPort ? address : `${address}:${PORT}`
  const mode = v.text('DBSSLMode')
  // Its default is 'disable'; not to try what the server may well have is a choice somebody has to make.
  const query = v.has('DBSSLMode') ? `?sslmode=${mode === 'allow' ? 'prefer' : mode}` : ''
  const password = v.text('DBPass') === '' ? '' : `:${encodeText(v.text('DBPass'))}`
  return `postgres://${encodeText(v.text('DBUser'))}${password}@${place}/${encodeText(v.text('DBDataTable'))}${query}`
}

const encodeText = (text: string): string =>
  text
    .split(REFERENCE)
    .map((part) => (REFERENCE.test(part) ? part : encodeURIComponent(part)))
    .join('')
