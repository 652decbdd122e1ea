import { afterAll, afterEach, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import {
  frameNumber,
  frameNumbers,
  framesOf,
  hexOf,
  streamRigs,
  until,
  type Wanted,
} from '../../test/intake-rig.ts'
import { startIntake } from './intake.ts'
import type { TlsFiles } from './tls-files.ts'
import { listenTls } from './tls-listener.ts'

const directory = mkdtempSync(join(tmpdir(), 'calliope-tls-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const path = (name: string) => join(directory, name)
const read = (name: string) => readFileSync(path(name))

function openssl(...args: string[]): void {
  const { status, stderr } = spawnSync('openssl', args)
  if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`)
}

function selfSigned(name: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.crt`)]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']
  openssl('req', '-x509', '-nodes', '-days', '2', ...curve, ...subject, ...files)
}

for (const name of ['first', 'second', 'agent', 'stranger']) selfSigned(name)

let files: TlsFiles = { cert: path('first.crt'), key: path('first.key') }
const { listen: listenWith, closeAll } = streamRigs((parts) =>
  listenTls({ ...parts, files, filesCheckMs: 20 }),
)
afterEach(closeAll)

function listen(chosen: Partial<TlsFiles> = {}, wanted: Wanted = {}) {
  files = { cert: path('first.crt'), key: path('first.key'), ...chosen }
  return listenWith(wanted)
}

interface Address {
  readonly host: string
  readonly port: number
}

/** Resolves with the common name the server showed, or rejects with why there was no session. */
function connect({ host, port }: Address, options: tls.ConnectionOptions = {}) {
  return new Promise<{ socket: tls.TLSSocket; name: string; closed: Promise<void> }>(
    (resolve, reject) => {
      const socket = tls.connect({ host, port, rejectUnauthorized: false, ...options })
      const closed = new Promise<void>((end) => socket.once('close', () => end()))
      socket.once('secureConnect', () =>
        resolve({ socket, name: String(socket.getPeerCertificate().subject.CN), closed }),
      )
      socket.on('error', reject)
      socket.resume()
    },
  )
}

test('listenTls takes in frames and loses none when it is closed', async () => {
  const { listener, rig, lane, close } = await listen({}, { rules: { lingerMs: 2_000 } })
  const { socket } = await connect(listener.address)
  const frames = frameNumbers(500)
  await new Promise((resolve) => socket.write(Buffer.concat(frames), resolve))
  await close()
  expect(framesOf(await rig.records())).toEqual(hexOf(frames))
  expect(lane.ledger.counts()).toMatchObject({ received: 500, rejected: {}, dropped: {} })
})

test('listenTls refuses versions before 1.2', async () => {
  const { listener } = await listen()
  const old = connect(listener.address, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })
  await expect(old).rejects.toThrow()
})

test('listenTls with a client authority lets in only agents it certified', async () => {
  const { listener, lane } = await listen({ clientCa: path('agent.crt') })
  const agent = await connect(listener.address, { cert: read('agent.crt'), key: read('agent.key') })
  agent.socket.end(frameNumber(1))
  await until(() => lane.ledger.appended === 1)

  // With TLS 1.3 a client believes the session stands before the server has judged its certificate.
  for (const name of ['stranger', undefined]) {
    const shown = name ? { cert: read(`${name}.crt`), key: read(`${name}.key`) } : {}
    await connect(listener.address, shown).then(
      async ({ socket, closed }) => {
        socket.write(frameNumber(1))
        await closed
      },
      () => {},
    )
  }
  expect(lane.ledger.counts().received).toBe(1)
})

test('listenTls shows a changed certificate to new connections, and keeps the old if it is no good', async () => {
  const cert = path('live.crt')
  const key = path('live.key')
  copyFileSync(path('first.crt'), cert)
  copyFileSync(path('first.key'), key)
  const { listener, lane } = await listen({ cert, key })
  const before = await connect(listener.address)
  expect(before.name).toBe('first')

  copyFileSync(path('second.crt'), cert) // the key does not fit yet: the old pair stays in use
  await Bun.sleep(100)
  const between = await connect(listener.address)
  expect(between.name).toBe('first')
  between.socket.destroy()

  copyFileSync(path('second.key'), key)
  let name = ''
  while (name !== 'second') {
    const after = await connect(listener.address)
    name = after.name
    after.socket.destroy()
  }
  before.socket.end(frameNumber(1))
  await until(() => lane.ledger.appended === 1)
})

test('listenTls closes connections that refuse or never finish the handshake', async () => {
  const { listener, counters } = await listen()
  const plain = net.connect(listener.address.port, listener.address.host)
  plain.on('error', () => {})
  plain.resume()
  plain.write(frameNumber(1))
  await new Promise((resolve) => plain.once('close', resolve))
  await until(() => counters.get('connectionsOpen') === 0)
})

test('startIntake refuses TLS without usable files and says what is missing', async () => {
  const tlsAddress = { host: '127.0.0.1', port: 0 }
  const start = (tlsFiles?: TlsFiles) =>
    startIntake({ storage: { directory: path('spool') }, tls: tlsAddress, tlsFiles })
  await expect(start()).rejects.toThrow('HEP over TLS needs a certificate file')
  await expect(start({ cert: path('nowhere.crt'), key: path('first.key') })).rejects.toThrow(
    `The TLS certificate file ${path('nowhere.crt')} cannot be read`,
  )
  await expect(start({ cert: path('first.crt'), key: path('second.key') })).rejects.toThrow(
    `Certificate ${path('first.crt')} and key ${path('second.key')} cannot be used`,
  )
  writeFileSync(path('junk.crt'), 'junk')
  await expect(start({ cert: path('junk.crt'), key: path('first.key') })).rejects.toMatchObject({
    code: 'INTAKE_TLS_UNUSABLE',
  })
})
