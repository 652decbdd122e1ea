// HEP over TLS: the same connections as over TCP, behind a handshake. New certificates are taken up
// while running, for new connections; if the new files cannot be used, the old ones stay in use.
import tls, { type TLSSocket } from 'node:tls'
import { log } from '#log'
import type { Listener } from './listener.ts'
import { addressText, peerAddress } from './peer-address.ts'
import { warnOfPeer } from './peer-log.ts'
import { StreamListener, type StreamListenerParts } from './stream-listener.ts'
import { readTlsFiles, type TlsFiles, TlsFileWatch } from './tls-files.ts'

const HANDSHAKE_MS_MAX = 10_000

export interface TlsListenerParts extends StreamListenerParts {
  readonly files: TlsFiles
  /** How often the files are looked at. */
  readonly filesCheckMs: number
}

/** Listens for HEP over TLS; with a client authority, only for those it has certified. */
export async function listenTls(parts: TlsListenerParts): Promise<Listener> {
  const asksClients = Boolean(parts.files.clientCa)
  const server = tls.createServer({
    ...readTlsFiles(parts.files),
    allowHalfOpen: true,
    handshakeTimeout: HANDSHAKE_MS_MAX,
    requestCert: asksClients,
    rejectUnauthorized: asksClients,
  } as tls.TlsOptions)
  const listener = new StreamListener('tls', server, parts)
  // Bun hands the same socket to both events: once when TCP connects, once when the handshake is done.
  server.on('connection', (socket) => listener.admit(socket))
  server.on('secureConnection', (socket) => listener.serve(socket))
  server.on('tlsClientError', handshakeFailed)
  const watch = watchFiles(server, parts)
  try {
    return closingAlso(await listener.listen(), () => clearInterval(watch))
  } catch (error) {
    clearInterval(watch)
    throw error
  }
}

// Health checks connect and hang up: no line for those.
function handshakeFailed(error: Error & { code?: string }, socket: TLSSocket): void {
  const peer = addressText(peerAddress(socket.remoteAddress ?? '?'), socket.remotePort ?? 0)
  socket.destroy()
  if (error.code === 'ECONNRESET') return
  warnOfPeer(peer, 'tls', `TLS handshake failed: ${error.message}`)
}

function watchFiles(server: tls.Server, { files, filesCheckMs }: TlsListenerParts): Timer {
  const watch = new TlsFileWatch(files)
  return setInterval(() => {
    if (watch.changed()) reload(server, files)
  }, filesCheckMs)
}

function reload(server: tls.Server, files: TlsFiles): void {
  const where = { room: 'intake', cert: files.cert }
  try {
    server.setSecureContext(readTlsFiles(files))
    log.info(where, 'TLS certificate changed on disk; new connections use it')
  } catch (error) {
    log.error(
      { ...where, err: error },
      'Changed TLS files cannot be used; the old ones stay in use',
    )
  }
}

function closingAlso(listener: Listener, also: () => void): Listener {
  return {
    transport: listener.transport,
    address: listener.address,
    close: () => listener.close().finally(also),
  }
}
