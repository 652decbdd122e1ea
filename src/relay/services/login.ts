// Logins of services: `NAME basic USER:PASSWORD`, `NAME bearer TOKEN`, `NAME apikey KEY` (Elasticsearch),
// `NAME token TOKEN` (InfluxDB 2). They are secrets: no message here holds one.

const SCHEMES: Readonly<Record<string, (credential: string) => string>> = {
  basic: (credential) => `Basic ${Buffer.from(credential).toString('base64')}`,
  bearer: (credential) => `Bearer ${credential}`,
  apikey: (credential) => `ApiKey ${credential}`,
  token: (credential) => `Token ${credential}`,
}

/** The value of `authorization` for each destination that has a login; throws what `complain` makes. */
export function parseLogins(
  texts: readonly string[],
  names: readonly string[],
  complain: (what: string) => Error,
): ReadonlyMap<string, string> {
  const logins = new Map<string, string>()
  for (const [i, text] of texts.entries()) {
    const [, name = '', scheme = '', credential = ''] =
      /^(\S+)\s+(\S+)\s+(.+)$/s.exec(text.trim()) ?? []
    const which = `relay.auth: entry ${i + 1}`
    const make = SCHEMES[scheme.toLowerCase()]
    if (!make || /[\r\n]/.test(credential))
      throw complain(`${which}: write NAME SCHEME SECRET, with ${Object.keys(SCHEMES).join(', ')}`)
    if (!names.includes(name))
      throw complain(`${which}: no service in relay.to has its name; there are ${names.join(', ')}`)
    logins.set(name, make(credential))
  }
  return logins
}
