// `${secret:SOURCE:NAME#KEY}` inside any configured text is replaced at start; `#KEY` takes one member
// of a JSON object. What came from a secret is never printed: errors name the reference, not the value.
// Inside a URL it is percent-encoded: passwords that machines make up (RDS does) have : / ? # and @ in
// them, which would end the password there.
//
//   every text ─▶ distinct SOURCE:NAME ─▶ all asked at once, each once ─▶ fill the texts, or tell each fault
import { type Environment, SECRET_SOURCES, type SourceLimits } from './secret-sources.ts'

export type { Environment } from './secret-sources.ts'

/** Raised with a sentence that names the reference and what to do about it. */
export class SecretError extends Error {}

type Answer = { readonly value: string } | { readonly fault: string }

const REFERENCE = /\$\{secret:([a-z]+):([^}#]+)(?:#([^}]+))?\}/g
const URL_BEGINS = /^[a-z]+:\/\//i
const KEYS_SHOWN_MAX = 10

/** Whether a text refers to a secret. */
export const refersToSecret = (text: string): boolean => text.includes('${secret:')

/** Whether a text refers to a secret that may be another one later; an environment stays as it is. */
export const mayChange = (text: string): boolean =>
  [...text.matchAll(REFERENCE)].some(([, source]) => source !== 'env')

/** Asks every source for what the texts refer to. Never throws: what failed is told by `fill`. */
export async function askSecrets(
  texts: Iterable<string>,
  env: Environment,
  limits?: SourceLimits,
): Promise<Secrets> {
  const asked = new Map<string, Promise<Answer>>()
  for (const text of texts)
    for (const [, source = '', name = ''] of text.matchAll(REFERENCE)) {
      const id = `${source}:${name}`
      if (!asked.has(id)) asked.set(id, askOne(source, name, env, limits))
    }
  const answers = [...asked].map(async ([id, answer]) => [id, await answer] as const)
  return new Secrets(new Map(await Promise.all(answers)))
}

async function askOne(
  source: string,
  name: string,
  env: Environment,
  limits?: SourceLimits,
): Promise<Answer> {
  const read = SECRET_SOURCES[source]
  if (!read)
    return { fault: `no source '${source}'; there are ${Object.keys(SECRET_SOURCES).join(', ')}` }
  try {
    return { value: await read(name, env, limits) }
  } catch (cause) {
    return { fault: `cannot be read: ${(cause as Error).message}` }
  }
}

/** What the sources answered. */
export class Secrets {
  readonly #answers: ReadonlyMap<string, Answer>

  constructor(answers: ReadonlyMap<string, Answer>) {
    this.#answers = answers
  }

  /** Replaces every secret reference in `text`. Throws SecretError. */
  fill(text: string): string {
    // Told from the text before: a secret may itself hold what looks like a reference.
    if (refersToSecret(text.replaceAll(REFERENCE, '')))
      throw new SecretError(
        `'${text}' holds a malformed secret reference; write \${secret:file:PATH}`,
      )
    return text.replaceAll(REFERENCE, (reference, source, name, key, offset: number) => {
      const answer = this.#answers.get(`${source}:${name}`)!
      if ('fault' in answer) throw new SecretError(`${reference}: ${answer.fault}`)
      const value = key === undefined ? answer.value : memberOf(reference, answer.value, key)
      return URL_BEGINS.test(text.slice(0, offset)) ? encodeURIComponent(value) : value
    })
  }
}

function memberOf(reference: string, json: string, key: string): string {
  let object: unknown
  try {
    object = JSON.parse(json)
  } catch {
    throw new SecretError(
      `${reference}: the secret is not JSON, so it has no member '${key}'; leave out #${key}, or store an object`,
    )
  }
  const member = memberAt(object, [key]) ?? memberAt(object, key.split('.'))
  if (typeof member === 'string' || typeof member === 'number') return String(member)
  throw new SecretError(
    `${reference}: the secret has no text or number named '${key}'; it has ${namesIn(object)}`,
  )
}

// Vault writes { data: { data: { password } } }: #data.data.password.
const memberAt = (object: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
        ? (inner as Record<string, unknown>)[name]
        : undefined,
    object,
  )

function namesIn(object: unknown): string {
  if (typeof object !== 'object' || object === null) return 'no names at all: it is no object'
  return Object.keys(object).slice(0, KEYS_SHOWN_MAX).join(', ') || 'none'
}
