// `${secret:file:/run/secrets/db#password}` and `${secret:env:NAME}` inside any configured text are
// replaced at start. `#key` takes one member of a JSON object. What came from a secret is never
// printed: errors name the reference, not the value. Inside a URL it is percent-encoded: passwords that
// machines make up (RDS does) have : / ? # and @ in them, which would end the password there.
import { readFileSync } from 'node:fs'

/** Raised with a sentence that names the reference and what to do about it. */
export class SecretError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>
type SecretSource = (name: string, env: Environment) => string

const SOURCES: Readonly<Record<string, SecretSource>> = {
  file: (name) => readFileSync(name, 'utf8').replace(/\r?\n$/, ''),
  env: (name, env) => {
    const value = env[name]
    if (value === undefined) throw new Error(`the environment has no ${name}`)
    return value
  },
}

const REFERENCE = /\$\{secret:([a-z]+):([^}#]+)(?:#([^}]+))?\}/g

const URL_BEGINS = /^[a-z]+:\/\//i

/** Whether a text refers to a secret. */
export const refersToSecret = (text: string): boolean => text.includes('${secret:')

/** Replaces every secret reference in `text`. Throws SecretError. */
export function resolveSecrets(text: string, env: Environment): string {
  const resolved = text.replaceAll(REFERENCE, (reference, source, name, key, offset: number) => {
    const value = readSecret(reference, source, name, key, env)
    return URL_BEGINS.test(text.slice(0, offset)) ? encodeURIComponent(value) : value
  })
  if (!refersToSecret(resolved)) return resolved
  throw new SecretError(`'${text}' holds a malformed secret reference; write \${secret:file:PATH}`)
}

function readSecret(
  reference: string,
  source: string,
  name: string,
  key: string | undefined,
  env: Environment,
): string {
  const read = SOURCES[source]
  if (!read)
    throw new SecretError(
      `${reference}: no source '${source}'; there are ${Object.keys(SOURCES).join(', ')}`,
    )
  let value: string
  try {
    value = read(name, env)
  } catch (cause) {
    throw new SecretError(`${reference} cannot be read: ${(cause as Error).message}`)
  }
  return key === undefined ? value : memberOf(reference, value, key)
}

function memberOf(reference: string, json: string, key: string): string {
  let object: unknown
  try {
    object = JSON.parse(json)
  } catch {
    throw new SecretError(`${reference}: the secret is not JSON, so it has no member '${key}'`)
  }
  const member = (object as Record<string, unknown> | null)?.[key]
  if (typeof member === 'string' || typeof member === 'number') return String(member)
  throw new SecretError(`${reference}: the secret has no text or number named '${key}'`)
}
