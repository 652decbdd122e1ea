// As much of JSON Schema as openapi.json uses, read as a client would: a value that does not fit comes
// back as a list of places. A keyword it does not know is an error, so that nothing passes unseen.

type Schema = Readonly<Record<string, unknown>>

const ANNOTATIONS = new Set(['description', 'title', 'default', 'examples', '$schema'])
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/

/** Places where `value` does not fit `schema`; `root` holds what $ref points at. */
export function misfits(value: unknown, schema: Schema, root: Schema, at = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (ANNOTATIONS.has(keyword)) return []
    const check = KEYWORDS[keyword]
    if (check === undefined) throw new Error(`unknown keyword ${keyword} at ${at}`)
    return check({ value, rule, schema, root, at })
  })
}

interface Place {
  readonly value: unknown
  readonly rule: unknown
  readonly schema: Schema
  readonly root: Schema
  readonly at: string
}

const unless = (holds: boolean, { at, value }: Place, what: string): string[] =>
  holds ? [] : [`${at} is ${JSON.stringify(value)?.slice(0, 80)}, not ${what}`]

const KEYWORDS: Readonly<Record<string, (place: Place) => string[]>> = {
  $ref: ({ rule, value, root, at }) => {
    const names = String(rule).slice(2).split('/')
    const target = names.reduce((node, name) => node[name] as Schema, root)
    return misfits(value, target, root, at)
  },
  type: (place) => unless(typeOf(place.value, String(place.rule)), place, String(place.rule)),
  const: (place) => unless(place.value === place.rule, place, String(place.rule)),
  enum: (place) =>
    unless((place.rule as unknown[]).includes(place.value), place, 'one of the list'),
  minimum: (place) =>
    unless(!(Number(place.value) < Number(place.rule)), place, `at least ${place.rule}`),
  maximum: (place) =>
    unless(!(Number(place.value) > Number(place.rule)), place, `at most ${place.rule}`),
  minLength: (place) =>
    unless(!(lengthOf(place.value) < Number(place.rule)), place, `${place.rule} long or longer`),
  maxLength: (place) =>
    unless(!(lengthOf(place.value) > Number(place.rule)), place, `${place.rule} long or shorter`),
  minItems: (place) =>
    unless(!(lengthOf(place.value) < Number(place.rule)), place, `${place.rule} items or more`),
  maxItems: (place) =>
    unless(!(lengthOf(place.value) > Number(place.rule)), place, `${place.rule} items or fewer`),
  pattern: (place) =>
    unless(
      typeof place.value !== 'string' || new RegExp(String(place.rule), 'u').test(place.value),
      place,
      `like ${place.rule}`,
    ),
  format: (place) =>
    unless(place.rule !== 'date-time' || DATE_TIME.test(String(place.value)), place, 'a time'),
  anyOf: ({ rule, value, root, at }) => {
    const all = (rule as Schema[]).map((schema) => misfits(value, schema, root, at))
    return all.some((list) => list.length === 0) ? [] : all.flat()
  },
  items: ({ rule, value, root, at }) =>
    (value as unknown[]).flatMap((item, i) => misfits(item, rule as Schema, root, `${at}[${i}]`)),
  required: ({ rule, value, at }) =>
    (rule as string[])
      .filter((name) => !(name in Object(value)))
      .map((name) => `${at}.${name} is absent`),
  properties: ({ rule, value, root, at }) =>
    Object.entries(rule as Record<string, Schema>).flatMap(([name, schema]) =>
      name in Object(value)
        ? misfits((value as Record<string, unknown>)[name], schema, root, `${at}.${name}`)
        : [],
    ),
  propertyNames: () => [],
  additionalProperties: ({ rule, value, schema, root, at }) => {
    const known = Object.keys((schema.properties ?? {}) as object)
    const others = Object.entries(Object(value)).filter(([name]) => !known.includes(name))
    if (rule === false) return others.map(([name]) => `${at}.${name} is not in the contract`)
    return others.flatMap(([name, item]) => misfits(item, rule as Schema, root, `${at}.${name}`))
  },
}

/** Of a text or a list; other values have no length to be wrong. */
const lengthOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : Number.NaN

function typeOf(value: unknown, type: string): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'null') return value === null
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  return typeof value === type
}
