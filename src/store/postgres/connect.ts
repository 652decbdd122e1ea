// Connections to PostgreSQL, embedded or not. TLS is used when the server offers it (as libpq does)
// unless the URL says otherwise with ?sslmode=…
//
// Server settings sent with each connection need no privileges. They make the server notice a vanished
// client within a minute, because the transaction it left open holds the lock on its spool's cursor
// and its successor waits for that.
import { SQL } from 'bun'
import { FollowingPool } from './following-pool.ts'

export interface ConnectOptions {
  readonly url: string
  /** Connections kept. @default 4 */
  readonly max?: number
  /** Shown in pg_stat_activity. @default 'calliope' */
  readonly application?: string
  /** Longest wait for a connection. @default 10 */
  readonly connectSecondsMax?: number
}

/** A pool of connections, opened at first use; `renewConnections` may be used on it. */
export function connect(options: ConnectOptions): SQL {
  const following = new FollowingPool(options.url, (url, onclose) =>
    open({ ...options, url }, onclose),
  )
  const pool = new Proxy(following.current, {
    apply: (_, __, query) => Reflect.apply(following.current, undefined, query),
    get: (_, name) => {
      if (name === 'reserve') return following.reserve
      const part = Reflect.get(following.current, name)
      return typeof part === 'function' ? part.bind(following.current) : part
    },
  })
  renewals.set(pool, () => following.renew())
  return pool
}

const renewals = new WeakMap<SQL, () => void>()

/** Drops all connections of a pool with whatever waits on them; new ones are opened as needed. */
export const renewConnections = (sql: SQL): void => renewals.get(sql)?.()

/** Waits for what is not the database's to answer: that time does not count. */
export type Paused = <Result>(other: Promise<Result>) => Promise<Result>

/**
 * Does something on a pool, and takes the database for gone when it has not answered in time. A machine
 * that vanished closes no connection: without this we would wait for its answer for ever.
 */
export async function answeredWithin<Result>(
  sql: SQL,
  answerMsMax: number,
  work: (paused: Paused) => Promise<Result>,
): Promise<Result> {
  let isLate = false
  const late = () => {
    isLate = true
    renewConnections(sql) // fails what `work` waits for
  }
  let timer = setTimeout(late, answerMsMax)
  const paused: Paused = async (other) => {
    clearTimeout(timer)
    const result = await other
    timer = setTimeout(late, answerMsMax)
    return result
  }
  try {
    return await work(paused)
  } catch (cause) {
    if (!isLate) throw cause
    const message = `the database has not answered for ${answerMsMax / 1000} s; connecting again`
    throw new NoAnswerError(message, { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** `answeredWithin` has given up. */
export class NoAnswerError extends Error {
  override name = 'NoAnswerError'
  readonly code = 'ERR_POSTGRES_CONNECTION_TIMEOUT' // as Bun calls it when connecting takes too long
}

function open(
  { url, max = 4, application = 'calliope', connectSecondsMax = 10 }: ConnectOptions,
  onclose: (error: unknown) => void,
): SQL {
  return new SQL({
    url,
    max,
    onclose,
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
