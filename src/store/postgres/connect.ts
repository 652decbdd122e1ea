// Connections to PostgreSQL, embedded or not. TLS is used when the server offers it (as libpq does)
// unless the URL says otherwise with ?sslmode=…
//
// Server settings sent with each connection need no privileges. They make the server notice a vanished
// client within a minute, because the transaction it left open holds the lock on its spool's cursor
// and its successor waits for that.
import { SQL } from 'bun'

export interface ConnectOptions {
  readonly url: string
  /** Connections kept. @default 4 */
  readonly max?: number
  /** Shown in pg_stat_activity. @default 'calliope' */
  readonly application?: string
  /** Longest wait for a connection. @default 10 */
  readonly connectSecondsMax?: number
}

/** A pool of connections, opened at first use. */
export function connect({
  url,
  max = 4,
  application = 'calliope',
  connectSecondsMax = 10,
}: ConnectOptions): SQL {
  return new SQL({
    url,
    max,
    connectionTimeout: connectSecondsMax,
    ...(/[?&](ssl|sslmode|tls)=/.test(url) ? {} : { tls: 'prefer' }),
    connection: {
      application_name: application,
      timezone: 'UTC',
      tcp_keepalives_idle: '20',
      tcp_keepalives_interval: '5',
      tcp_keepalives_count: '4',
      idle_in_transaction_session_timeout: '60000',
    },
  })
}

/** Where a database URL points, without its password: 'USER@HOST:PORT/NAME'. */
export function describeUrl(url: string): string {
  if (!URL.canParse(url)) return 'the database URL'
  const { username, hostname, port, pathname } = new URL(url)
  const user = username || 'postgres'
  return `${user}@${hostname || 'localhost'}:${port || 5432}${pathname.length > 1 ? pathname : `/${user}`}`
}
