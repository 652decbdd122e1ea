// `calliope serve`: the page and the API over a database that capture nodes fill. No sockets for HEP,
// no spool; as many of these as you like.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Api, startApi } from '#api'
import type { Config } from '#config'
import { log } from '#log'
import {
  connect,
  connectPeople,
  explainDatabaseError,
  migrate,
  openCallStore,
  openPeople,
} from '#store'
import { buildPage } from '#web'
import { VERSION } from './command.ts'
import { fleetPolicyOf } from './fleet-policy.ts'
import { loginOptions } from './login-options.ts'

const RETRY_MS = 1000

/** Starts the page and the API. Throws DatabaseError when only a person can help. */
export async function startServer(config: Config): Promise<Api> {
  const { host, port } = config['http.listen'] ?? { host: '127.0.0.1', port: 9080 }
  const sql = connect({ url: config.database, max: 8, application: 'calliope serve' })
  let isReady = false
  const prepare = async () => {
    try {
      await migrate(sql)
      isReady = true
    } catch (error) {
      const explained = await explainDatabaseError(error, config.database)
      if (!explained.retryable) throw explained
      log.warn({ error: explained.message }, 'the database is away; trying again')
      await sleep(RETRY_MS, undefined, { ref: false })
      await prepare()
    }
  }
  // A mistake that only a person can mend shows within the first try; an outage may last.
  const preparing = prepare()
  await Promise.race([preparing, sleep(RETRY_MS)])
  preparing.catch((error: Error) =>
    log.error({ error: error.message }, 'the database cannot be used'),
  )
  const api = await startApi({
    store: openCallStore({ sql, storedHeaders: config['store.custom_headers'] }),
    people: openPeople(connectPeople(config.database)),
    ...loginOptions(config),
    ...fleetPolicyOf(config),
    hostname: host,
    port,
    token: config['http.token'],
    hosts: config['http.hosts'],
    readiness: () => ({
      ready: isReady,
      missing: isReady ? [] : ['the database has not answered yet'],
    }),
    about: () => ({ version: VERSION, hep: [] }),
    files: await buildPage(),
  })
  return api
}
