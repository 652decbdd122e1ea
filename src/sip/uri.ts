// URIs that are neither sip: nor sips:, rare enough for strings and regular expressions.
//
//   tel:+1-201-555-0123;phone-context=example.com   user +12015550123, domain example.com
//   urn:service:sos                                 user service:sos
//   http://example.com/x, im:bob@example.com        user and host as in any URL
//   alice@example.com, 10.0.0.1:5060                no scheme: taken for sip
import { cutField } from './wire-text.ts'

/** Fills in the user and domain of a URI of any other scheme, or of none. */
export function readOtherUri(uri: string, into: { user: string; domain: string }): void {
  into.user = ''
  into.domain = ''
  // 'host:5060' is no scheme: only a digit can follow its colon.
  const parts = /^\s*(?:([a-z][a-z0-9+.-]*):(?!\d{1,5}(?:[;?>\s]|$)))?(.*)$/is.exec(uri)
  const scheme = parts?.[1]?.toLowerCase()
  const opaque = parts?.[2]?.trim() ?? ''
  if (scheme === 'tel' || /^\s*tel:/i.test(uri)) readTel(uri.replace(/^\s*tel:/i, ''), into)
  else if (opaque.includes('@')) readUserAtHost(opaque, into)
  else if (scheme === undefined || opaque.startsWith('//')) into.domain = hostOf(opaque)
  else into.user = cutField(opaque)
}

function readUserAtHost(opaque: string, into: { user: string; domain: string }): void {
  const at = opaque.indexOf('@')
  into.user = cutField(
    opaque
      .slice(0, at)
      .replace(/^\/\//, '')
      .replace(/[;:].*$/s, ''),
  )
  into.domain = hostOf(opaque.slice(at + 1))
}

function hostOf(text: string): string {
  const host = /^(?:\/\/)?(?:\[([^\]]*)\]?|([^:;?>@/\s]*))/.exec(text)
  return cutField((host?.[1] ?? host?.[2] ?? '').toLowerCase())
}

function readTel(text: string, into: { user: string; domain: string }): void {
  const [number = '', ...parameters] = text.split(';')
  into.user = cutField(number.replace(/[-.()\s]/g, '')) // visual separators, RFC 3966 §5.1.1
  const context = parameters.find((parameter) => /^phone-context=/i.test(parameter)) ?? ''
  const domain = context.slice(context.indexOf('=') + 1)
  into.domain = domain.startsWith('+') ? '' : cutField(domain.toLowerCase())
}
