// Certificate and key as files, looked at again every few seconds: whoever renews them (certbot,
// cert-manager, a mounted secret) tells nobody. Times and sizes are compared rather than watched,
// because mounted secrets change by swapping a symbolic link, which watching misses.
import { readFileSync, statSync } from 'node:fs'
import tls, { type SecureContextOptions } from 'node:tls'
import { IntakeError } from './intake-error.ts'

/** Paths of PEM files. */
export interface TlsFiles {
  readonly cert: string
  readonly key: string
  /** Authority whose certificates agents must show. @default none asked for */
  readonly clientCa?: string | undefined
}

/** What is served; never below TLS 1.2. */
export type TlsMaterial = SecureContextOptions & { readonly minVersion: 'TLSv1.2' }

/** Reads the files and proves that they belong together; throws an IntakeError that says which does not. */
export function readTlsFiles({ cert, key, clientCa }: TlsFiles): TlsMaterial {
  const material: TlsMaterial = {
    cert: readPem('certificate', cert),
    key: readPem('key', key),
    ...(clientCa ? { ca: readPem('client authority', clientCa) } : {}),
    minVersion: 'TLSv1.2',
  }
  try {
    tls.createSecureContext(material)
  } catch (error) {
    throw unusable(`Certificate ${cert} and key ${key} cannot be used: ${said(error)}`, error)
  }
  return material
}

/** Calls back when one of the files is another than before. */
export class TlsFileWatch {
  readonly #files: TlsFiles
  #seen: string

  constructor(files: TlsFiles) {
    this.#files = files
    this.#seen = fingerprint(files)
  }

  changed(): boolean {
    const now = fingerprint(this.#files)
    if (now === this.#seen) return false
    this.#seen = now
    return true
  }
}

function fingerprint({ cert, key, clientCa }: TlsFiles): string {
  return [cert, key, clientCa ?? ''].map(fileMark).join('|')
}

function fileMark(path: string): string {
  if (path === '') return ''
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : 'gone'
}

const FLAGS = {
  certificate: 'hep-tls-cert',
  key: 'hep-tls-key',
  'client authority': 'hep-tls-client-ca',
} as const

function readPem(what: keyof typeof FLAGS, path: string): string {
  if (path === '') {
    throw unusable(`HEP over TLS needs a ${what} file; name it with --${FLAGS[what]} FILE`)
  }
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw unusable(`The TLS ${what} file ${path} cannot be read: ${said(error)}`, error)
  }
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const unusable = (message: string, cause?: unknown): IntakeError =>
  new IntakeError('INTAKE_TLS_UNUSABLE', message, cause)
