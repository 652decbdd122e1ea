// Settings that are each allowed and together are not. Told with all other problems, before anything
// is started.
import { showAddress } from './explain.ts'
import type { Problem } from './flags.ts'
import type { Config } from './settings.ts'

/** Every clash in a configuration. */
export function clashesOf(config: Config): Problem[] {
  return [
    ...openDoor(config),
    ...tlsWithoutFiles(config),
    ...handOverAlone(config),
    ...noLayout(config),
  ]
}

// The API refuses this as well, whoever starts it.
function openDoor({ 'http.listen': listen, 'http.token': token }: Config): Problem[] {
  if (listen === undefined || token !== '' || isLoopback(listen.host)) return []
  const message =
    `'${showAddress(listen)}' is open to other machines, so it needs a login: set http.token ` +
    '(CALLIOPE_HTTP_TOKEN), or listen on 127.0.0.1'
  return [{ where: 'http.listen', message }]
}

function tlsWithoutFiles(config: Config): Problem[] {
  if (config['hep.tls'] === undefined) return []
  return (['hep.tls_cert', 'hep.tls_key'] as const)
    .filter((key) => config[key] === '')
    .map((key) => ({ where: key, message: 'is needed with hep.tls: the name of a PEM file' }))
}

function noLayout({ 'store.layouts': layouts }: Config): Problem[] {
  if (layouts.length > 0) return []
  return [{ where: 'store.layouts', message: 'is empty: give calls, homer7, or both' }]
}

// What is handed over is stored by other nodes, in the database they share with this one.
function handOverAlone(config: Config): Problem[] {
  if (config['drain.handover'] === '' || config.database !== 'embedded') return []
  const message =
    "is for nodes that share a database, and an embedded one is this node's own: set database, or " +
    'leave drain.handover empty'
  return [{ where: 'drain.handover', message }]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
