// Starting on heplify-server's configuration: one report on its keys, and the certificate that it would
// have made for itself.
import { existsSync } from 'node:fs'
import { type Config, type ReportLine, showReport, sumUp } from '#config'
import { makeCertificate } from '#intake'
import { log } from '#log'

/** Tells what became of each key, once, and makes what is missing. */
export function tellHeplify(config: Config, lines: readonly ReportLine[], command: string): void {
  const keys = lines.map(({ key, value, kind, what }) => ({ key, value, kind, what }))
  const summary = `heplify-server's configuration: ${sumUp(lines)}; docs/from-heplify-server.md`
  if (process.stderr.isTTY) process.stderr.write(`${showReport(lines)}\n`)
  else log.info({ keys }, summary)
  const makesOwn = lines.some(({ key, settings }) => key === 'TLSCertFolder' && settings.length > 0)
  if (makesOwn && command !== 'serve' && config['hep.tls'] !== undefined) ownCertificate(config)
}

// heplify-server signs one for each name that is asked for; agents that check it do not accept either.
function ownCertificate({ 'hep.tls_cert': cert, 'hep.tls_key': key }: Config): void {
  if (existsSync(cert) || existsSync(key)) return
  makeCertificate({ cert, key })
  log.warn(
    { cert, key },
    'made a certificate for HEP over TLS that signs itself: agents that check whom they send to will refuse it',
  )
}
