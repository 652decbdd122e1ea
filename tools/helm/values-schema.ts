// values.yaml is the one source: its comments describe, and words with @ in them are rules.
//
//   @enum A B      one of them            @pattern RE     of a text
//   @min N @max N  of a number            @minLength N    of a text
//   @items TYPE    of a list              @quantity       a size as Kubernetes writes it: 12Gi
//   @any           whatever Kubernetes takes there         @config   sections of calliope.toml
//
// From it come values.schema.json, which helm holds every value against, and the table in README.md.
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'
import { SETTINGS } from '../../src/config/settings.ts'

export type Schema = Readonly<Record<string, unknown>>

/** One line of the table. */
export interface ValueRow {
  readonly path: string
  readonly byDefault: string
  readonly help: string
}

/** What values.yaml says. Throws when a value has no description. */
export function readValues(yaml: string): { readonly schema: Schema; readonly rows: ValueRow[] } {
  const rows: ValueRow[] = []
  const { contents } = parseDocument(yaml)
  if (!isMap(contents)) throw new Error('values.yaml is no map')
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Values of the Calliope chart',
    ...mapSchema(contents as YAMLMap, '', rows),
    definitions: { config: configSchema() },
  }
  return { schema, rows }
}

function mapSchema(map: YAMLMap, prefix: string, rows: ValueRow[]): Schema {
  const properties: Record<string, Schema> = {}
  map.items.forEach((pair, index) => {
    const key = String(pair.key)
    // The comment above a map's first key is the map's, to the parser.
    const above = index === 0 ? map.commentBefore : undefined
    const comment = (pair.key as { commentBefore?: string }).commentBefore ?? above ?? ''
    properties[key] = valueSchema(pair, `${prefix}${key}`, readComment(comment), rows)
  })
  // Helm gives a chart's values to every subchart under `global`.
  const helms = prefix === '' ? { global: { type: 'object' } } : {}
  return { type: 'object', additionalProperties: false, properties: { ...properties, ...helms } }
}

function valueSchema(pair: Pair, path: string, { help, rules }: Comment, rows: ValueRow[]): Schema {
  const description = help === '' ? {} : { description: help }
  const value = pair.value
  const isOpen = rules.has('any') || rules.has('config')
  if (isMap(value) && !isOpen)
    return { ...description, ...mapSchema(value as YAMLMap, `${path}.`, rows) }
  if (help === '') throw new Error(`values.yaml: ${path} has no description above it`)
  const byDefault = (value as { toJSON(): unknown }).toJSON()
  rows.push({ path, byDefault: JSON.stringify(byDefault), help })
  if (rules.has('config')) return { ...description, $ref: '#/definitions/config' }
  return { ...description, ...leafSchema(byDefault, rules, isScalar(value)) }
}

function leafSchema(byDefault: unknown, rules: Rules, isLeaf: boolean): Schema {
  const rule = (name: string, key: string, of: (text: string) => unknown) =>
    rules.has(name) ? { [key]: of(rules.get(name)!) } : {}
  const isList = Array.isArray(byDefault)
  const type = isList ? 'array' : isLeaf ? scalarType(byDefault) : 'object'
  return {
    ...(rules.has('quantity') ? QUANTITY : { type }),
    ...rule('enum', 'enum', (text) => text.split(' ')),
    ...rule('pattern', 'pattern', String),
    ...rule('min', 'minimum', Number),
    ...rule('max', 'maximum', Number),
    ...rule('minLength', 'minLength', Number),
    ...rule('items', 'items', (items) => ({ type: items })),
  }
}

const QUANTITY = { type: 'string', pattern: '^[0-9]+(k|M|G|T|Ki|Mi|Gi|Ti)$' }

function scalarType(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value === 'string' || typeof value === 'boolean') return typeof value
  throw new Error(`values.yaml: a default of ${JSON.stringify(value)} has no type`)
}

type Rules = ReadonlyMap<string, string>

interface Comment {
  readonly help: string
  readonly rules: Rules
}

const RULE = /@(enum|pattern|min|max|minLength|items|any|config|quantity)\b([^@]*)/g

function readComment(comment: string): Comment {
  // A blank line parts what is said of the value from what is said of a chapter.
  const text = (comment.split(/\n\s*\n/).at(-1) ?? '').replaceAll(/\s*\n\s*/g, ' ').trim()
  const rules = new Map([...text.matchAll(RULE)].map(([, name, rest]) => [name!, rest!.trim()]))
  return { help: text.replaceAll(RULE, '').trim(), rules }
}

/** Settings that the chart writes itself, out of values of their own. */
export const CHART_OWNED: readonly string[] = [
  ...['database', 'data_dir', 'node', 'http.listen', 'http.token'],
  ...['hep.udp', 'hep.tcp', 'hep.tls', 'hep.ws', 'hep.tls_cert', 'hep.tls_key'],
  ...['intake.shards', 'intake.keys', 'oidc.client_secret'],
  ...['relay.to', 'relay.token', 'relay.key'],
]

// Names only: what a value may be is the program's to say, and units are texts in any case.
function configSchema(): Schema {
  const sections: Record<string, Record<string, Schema>> = {}
  for (const [key, { help }] of Object.entries(SETTINGS)) {
    const [section, name] = key.split('.')
    if (name === undefined || CHART_OWNED.includes(key)) continue
    sections[section!] = { ...sections[section!], [name]: { description: help } }
  }
  return closed(
    Object.fromEntries(Object.entries(sections).map(([name, keys]) => [name, closed(keys)])),
  )
}

const closed = (properties: Readonly<Record<string, Schema>>): Schema => ({
  ...{ type: 'object', additionalProperties: false, properties },
})
