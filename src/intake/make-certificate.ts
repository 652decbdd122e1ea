// A certificate that signs itself, for HEP over TLS where nobody gave one (heplify-server makes one too):
// the wire is secret, who we are is not proven. X.509 version 3 over ECDSA P-256, written out as DER:
//
//   Certificate ::= { tbs, ecdsa-with-SHA256, signature }
//   tbs         ::= { [0] version 3, serial, algorithm, issuer, validity, subject, public key, [3] extensions }
//
// The key is readable by its owner only; neither file is written over.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { IntakeError } from './intake-error.ts'
import type { TlsFiles } from './tls-files.ts'

const YEAR_MS = 365 * 86_400_000
/** As long as heplify-server's own. */
const YEARS = 8
const SERIAL_BYTES = 16
const OWNER_ONLY = 0o600

/** Writes a new pair; throws an IntakeError when a file cannot be written or is there already. */
export function makeCertificate(
  { cert, key }: Pick<TlsFiles, 'cert' | 'key'>,
  { name = hostname(), nowMs = Date.now() } = {},
): void {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = distinguishedName(name)
  const tbs = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(SERIAL_BYTES)),
    ALGORITHM,
    subject,
    sequence(time(nowMs - YEAR_MS), time(nowMs + YEARS * YEAR_MS)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(alternativeName(name))),
  )
  const signature = sign('sha256', tbs, privateKey)
  const der = sequence(tbs, ALGORITHM, tagged(0x03, Buffer.from([0]), signature))
  write(key, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  write(cert, pem(der))
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: OWNER_ONLY, flag: 'wx' })
  } catch (cause) {
    const message = `No certificate for HEP over TLS could be made at ${path}: ${(cause as Error).message}`
    throw new IntakeError('INTAKE_TLS_UNUSABLE', message, cause)
  }
}

const pem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const size = body.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts)
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, 'hex'))

// Without a sign bit, so that it counts as positive, and without leading zeros.
function integer(bytes: Buffer): Buffer {
  const body = Buffer.from(bytes)
  body[0] = (body[0]! & 0x7f) | (body.length > 1 ? 0x40 : 0)
  return tagged(0x02, body)
}

// Two digits for the year, as X.509 has it until 2049.
const time = (ms: number): Buffer =>
  tagged(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))

const ALGORITHM = sequence(oid('2a8648ce3d040302')) // ecdsa-with-SHA256
const COMMON_NAME = oid('550403')
const ALTERNATIVE_NAME = oid('551d11')

const distinguishedName = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name.slice(0, 64))))))

const alternativeName = (name: string): Buffer =>
  sequence(ALTERNATIVE_NAME, tagged(0x04, sequence(tagged(0x82, Buffer.from(name, 'ascii')))))
