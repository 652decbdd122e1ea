import { expect, test } from 'bun:test'
import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from './make-certificate.ts'
import { readTlsFiles } from './tls-files.ts'

const pair = () => {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-certificate-'))
  return { cert: join(directory, 'c.pem'), key: join(directory, 'k.pem') }
}

test('makeCertificate writes a pair that TLS takes, signed by itself, for this name and some years', () => {
  const files = pair()
  makeCertificate(files, { name: 'hep.example', nowMs: Date.parse('2026-11-21T12:00:00Z') })
  readTlsFiles(files)
  const certificate = new X509Certificate(readFileSync(files.cert))
  expect(certificate.verify(certificate.publicKey)).toBe(true)
  expect(certificate.publicKey.equals(createPublicKey(readFileSync(files.key)))).toBe(true)
  expect(certificate.checkHost('hep.example')).toBe('hep.example')
  expect(certificate.subject).toBe('CN=hep.example')
  expect(new Date(certificate.validTo).getUTCFullYear()).toBe(2034)
  expect(statSync(files.key).mode & 0o777).toBe(0o600)
})

test('makeCertificate writes over nothing, and says which file it could not write', () => {
  const files = pair()
  makeCertificate(files)
  const before = readFileSync(files.key, 'utf8')
  expect(() => makeCertificate(files)).toThrow(files.key)
  expect(readFileSync(files.key, 'utf8')).toBe(before)
})
