// Kinds of value in heplify-server.toml, where they are not ours: an address of up to two characters
// is off, switches take every word Go takes, and any text may refer to a secret, which is read later.
import { showAddress } from '../explain.ts'
import * as kinds from '../kinds.ts'
import { refersToSecret } from '../secrets.ts'

type Kind<Value> = kinds.Kind<Value>

const orSecret = <Value>(kind: Kind<Value>): Kind<Value | string> => ({
  ...kind,
  parse: (raw) =>
    typeof raw === 'string' && refersToSecret(raw) ? { value: raw } : kind.parse(raw),
})

export const text: Kind<string> = {
  ...kinds.text,
  // environment and flags know no numbers; a file may have DBPass = 1234
  parse: (raw) => (typeof raw === 'number' ? { value: String(raw) } : kinds.text.parse(raw)),
}
export const secret: Kind<string> = { ...text, secret: true }
export const texts = orSecret(kinds.list(kinds.text))
export const numbers: Kind<unknown> = kinds.list(kinds.integer(0, 65_535))
export const number = (min: number, max: number): Kind<unknown> => kinds.integer(min, max)
export const choice = (...options: string[]): Kind<string> => kinds.choice(...options)
export const size: Kind<unknown> = kinds.bytes(1)

/** A switch, with the words Go's flags take. */
export const flag: Kind<boolean> = {
  placeholder: '',
  parse: (raw) => {
    const word = String(raw).toLowerCase()
    return kinds.flag.parse(word === 't' ? 'true' : word === 'f' ? 'false' : word)
  },
}

/** Text for one of our addresses: HOST:PORT or 'off'. */
export const address: Kind<string> = {
  placeholder: 'HOST:PORT',
  parse: (raw) => {
    if (typeof raw === 'string' && refersToSecret(raw)) return { value: raw }
    if (typeof raw === 'string' && raw.trim().length <= 2) return { value: 'off' }
    const parsed = kinds.address.parse(raw)
    if ('allowed' in parsed) return { allowed: "HOST:PORT, :PORT, or '' for off" }
    return { value: parsed.value === undefined ? 'off' : showAddress(parsed.value) }
  },
}

/** An http URL, or 'off'. */
export const url: Kind<string> = {
  placeholder: 'URL',
  parse: (raw) => {
    if (typeof raw === 'string' && (raw.trim().length <= 2 || refersToSecret(raw)))
      return { value: raw.trim().length <= 2 ? 'off' : raw }
    return /^https?:\/\/\S/.test(String(raw)) && URL.canParse(String(raw))
      ? { value: String(raw) }
      : { allowed: "http://HOST:PORT/PATH, or '' for off" }
  },
}

/** Time span of a partition: `30m`, `2h`, `1d`. */
export const span: Kind<string> = {
  placeholder: 'SPAN',
  parse: (raw) =>
    /^[1-9]\d{0,2}[mhd]$/.test(String(raw))
      ? { value: String(raw) }
      : { allowed: 'a span such as 30m, 2h or 1d' },
}

/** `80%`. */
export const percentage: Kind<string> = {
  placeholder: 'PERCENT',
  parse: (raw) =>
    /^([1-9]\d?|100)%?$/.test(String(raw))
      ? { value: String(raw) }
      : { allowed: 'a percentage from 1% to 100%' },
}
