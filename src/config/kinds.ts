// Kinds of setting: each turns text (flags, environment) or a TOML value into a typed value, or says
// what is allowed. Units are spelled out by the user (`20GB`, `500ms`) and kept in the names inside.
import { isIP } from 'node:net'

/** What a kind answers: the value, or a sentence on what is allowed. */
export type Parsed<Value> = { readonly value: Value } | { readonly allowed: string }

export interface Kind<Value> {
  /** Shown in --help behind the flag; empty for switches, which take no value. */
  readonly placeholder: string
  parse(raw: unknown): Parsed<Value>
  /** True for values that must never be shown. */
  readonly secret?: boolean
  /** The flag may be given several times; what was given is joined by commas. */
  readonly repeats?: boolean
}

export interface HostPort {
  readonly host: string
  readonly port: number
}

export const text: Kind<string> = {
  placeholder: 'TEXT',
  parse: (raw) => (typeof raw === 'string' ? { value: raw } : { allowed: 'a text' }),
}

/** A text that is never printed: passwords, tokens, keys. */
export const secret: Kind<string> = { ...text, placeholder: 'SECRET', secret: true }

export const path: Kind<string> = {
  placeholder: 'PATH',
  parse: (raw) =>
    typeof raw === 'string' && raw !== ''
      ? { value: raw }
      : { allowed: 'a path that is not empty' },
}

export const flag: Kind<boolean> = {
  placeholder: '',
  parse: (raw) => {
    if (raw === true || raw === 'true' || raw === '1' || raw === 'yes') return { value: true }
    if (raw === false || raw === 'false' || raw === '0' || raw === 'no') return { value: false }
    return { allowed: 'true or false' }
  },
}

export const integer = (min: number, max: number): Kind<number> => ({
  placeholder: 'NUMBER',
  parse: (raw) => {
    const number = typeof raw === 'string' && /^[+-]?\d+$/.test(raw.trim()) ? Number(raw) : raw
    const fits =
      typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
    return fits ? { value: number } : { allowed: `a whole number from ${min} to ${max}` }
  },
})

/** A number with or without a fraction. */
export const decimal = (min: number, max: number): Kind<number> => ({
  placeholder: 'NUMBER',
  parse: (raw) => {
    const isNumber = typeof raw === 'number' || /^[+-]?\d+(\.\d+)?$/.test(String(raw).trim())
    const number = isNumber ? Number(raw) : Number.NaN
    return number >= min && number <= max
      ? { value: number }
      : { allowed: `a number from ${min} to ${max}` }
  },
})

export const choice = <const Option extends string>(...options: Option[]): Kind<Option> => ({
  placeholder: options.join('|'),
  parse: (raw) => {
    const found = options.find((option) => option === raw)
    return found === undefined ? { allowed: `one of ${options.join(', ')}` } : { value: found }
  },
})

/** Comma-separated text, or a TOML array; each item is parsed by `item`. */
export const list = <Item>(item: Kind<Item>): Kind<readonly Item[]> => ({
  placeholder: `${item.placeholder},…`,
  repeats: true,
  ...(item.secret ? { secret: true } : {}),
  parse: (raw) => {
    const parts = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw
    if (!Array.isArray(parts)) return { allowed: 'a list' }
    const values: Item[] = []
    for (const part of parts.filter((part) => part !== '')) {
      const parsed = item.parse(part)
      if ('allowed' in parsed) return { allowed: `a list in which each item is ${parsed.allowed}` }
      values.push(parsed.value)
    }
    return { value: values }
  },
})

const BYTE_UNITS: Record<string, number> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

/** Bytes, written `1500`, `64MiB` or `20GB`. */
export const bytes = (min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> =>
  scaled('SIZE', BYTE_UNITS, min, max, 'a size such as 64MiB or 20GB')

const MS_UNITS: Record<string, number> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3 }

/** Milliseconds, written `500ms`, `4s`, `10m`, `2h` or `7d`. */
export const duration = (minMs: number, maxMs: number = Number.MAX_SAFE_INTEGER): Kind<number> =>
  scaled('TIME', MS_UNITS, minMs, maxMs, 'a time such as 500ms, 4s, 10m, 2h or 7d')

function scaled(
  placeholder: string,
  units: Record<string, number>,
  min: number,
  max: number,
  allowed: string,
): Kind<number> {
  return {
    placeholder,
    parse: (raw) => {
      const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(raw))
      const unit = units[(match?.[2] || Object.keys(units)[0]!).toLowerCase()]
      const value = match && unit ? Math.round(Number(match[1]) * unit) : Number.NaN
      if (value >= min && value <= max) return { value }
      const smallest = Object.keys(units)[0]
      return {
        allowed: `${allowed}, at least ${min} ${smallest}${max < Number.MAX_SAFE_INTEGER ? ` and at most ${max} ${smallest}` : ''}`,
      }
    },
  }
}

/** `HOST:PORT`, `[v6]:PORT`, `:PORT` (every address) or a bare port; '' and 'off' mean none. */
export const address: Kind<HostPort | undefined> = {
  placeholder: 'HOST:PORT',
  parse: (raw) => {
    const value = typeof raw === 'number' ? String(raw) : raw
    if (value === '' || value === 'off' || value === false) return { value: undefined }
    const match =
      typeof value === 'string'
        ? /^(?:(?:\[([^\]]+)\]|([^:\s]*)):)?(\d{1,5})$/.exec(value.trim())
        : null
    const port = Number(match?.[3])
    if (!match || port > 65_535) return { allowed: 'HOST:PORT, [IPv6]:PORT, :PORT or off' }
    return { value: { host: match[1] ?? (match[2] || '0.0.0.0'), port } }
  },
}

/** A CIDR block or a single address, IPv4 or IPv6. */
export const cidr: Kind<string> = {
  placeholder: 'CIDR',
  parse: (raw) => {
    const [ip = '', bits, more] = String(raw).split('/')
    const family = isIP(ip)
    const bitsMax = family === 6 ? 128 : 32
    const good =
      family &&
      more === undefined &&
      (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax))
    return good
      ? { value: String(raw) }
      : { allowed: 'an address or block such as 10.0.0.0/8 or 2001:db8::/32' }
  },
}

/** A host that metrics tell apart: its address and what it is called there. */
export const target: Kind<string> = {
  placeholder: 'ADDRESS=NAME',
  parse: (raw) =>
    /^[^\s=]+=[^=]*\S[^=]*$/.test(String(raw))
      ? { value: String(raw) }
      : { allowed: 'an address and a name such as 10.0.0.1=proxy' },
}

/** `embedded`, or a postgres:// URL. */
export const databaseUrl: Kind<string> = {
  placeholder: 'URL',
  // The URL may hold a password: it is shown only with that blanked (see explain.ts).
  secret: true,
  parse: (raw) =>
    raw === 'embedded' || /^postgres(ql)?:\/\/./.test(String(raw))
      ? { value: String(raw) }
      : { allowed: "'embedded' or postgres://USER:PASSWORD@HOST:PORT/NAME" },
}

/** '' (none), a bucket with or without a prefix, or a directory that other nodes see too. */
export const storageUrl: Kind<string> = {
  placeholder: 'URL',
  parse: (raw) =>
    raw === '' ||
    /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$|^file:\/\/\/./.test(String(raw))
      ? { value: String(raw) }
      : { allowed: 's3://BUCKET/PREFIX, file:///PATH, or nothing' },
}

/** `http://HOST:PORT`, or without the scheme. */
export const httpUrl: Kind<string> = {
  placeholder: 'URL',
  parse: (raw) => {
    const url = /^[a-z]+:\/\//i.test(String(raw)) ? String(raw) : `http://${raw}`
    return /^https?:/i.test(url) && URL.canParse(url) && !/\s/.test(url)
      ? { value: url }
      : { allowed: 'the address of a server such as http://127.0.0.1:9080' }
  },
}

/** `off`, `stdout`, or where the CloudWatch agent listens. */
export const emfTarget: Kind<string> = {
  placeholder: 'TARGET',
  parse: (raw) => {
    const text = String(raw)
    const isAgent = /^(tcp|udp):\/\/[^/\s]+:\d{1,5}\/?$/.test(text) && URL.canParse(text)
    return text === 'off' || text === 'stdout' || isAgent
      ? { value: text }
      : { allowed: 'off, stdout, tcp://HOST:PORT or udp://HOST:PORT' }
  },
}
