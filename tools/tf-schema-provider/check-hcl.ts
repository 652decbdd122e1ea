// Holds HCL against the schema without terraform, for machines that have none: unknown and missing
// arguments, blocks that may not be there or not so often. References and types are terraform's to check.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from '@cdktn/hcl2json'
import { awsSchema, type BlockSchema, type NestedBlock } from './aws-schema.ts'

type Body = Readonly<Record<string, unknown>>
type Bodies = Readonly<Record<string, readonly Body[]>>

/** Parsed HCL: block kind → labels → bodies. */
export interface Hcl {
  readonly resource?: Readonly<Record<string, Bodies>>
  readonly data?: Readonly<Record<string, Bodies>>
  readonly variable?: Bodies
  readonly output?: Bodies
}

const META = new Set(['count', 'for_each', 'provider', 'depends_on', 'lifecycle', 'dynamic'])

/** A module's folder as data, all its files as one, as terraform reads them; throws where it is not HCL. */
export async function parseModule(folder: string): Promise<Hcl> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.tf'))
  const text = files.sort().map((name) => readFileSync(join(folder, name), 'utf8'))
  return (await parse(folder, text.join('\n'))) as Hcl
}

/** What is wrong with the resources of a module's folder, as sentences; empty when nothing is. */
export async function checkModule(folder: string): Promise<string[]> {
  const { resource, data } = await parseModule(folder)
  return [...checkAll(resource, awsSchema.resources), ...checkAll(data, awsSchema.data)]
}

function checkAll(
  types: Readonly<Record<string, Bodies>> = {},
  schemas: Readonly<Record<string, BlockSchema>>,
): string[] {
  return Object.entries(types).flatMap(([type, named]) => {
    const schema = schemas[type]
    if (!schema) return [`${type} is not in aws-schema.json: run extract.ts`]
    return Object.entries(named).flatMap(([name, bodies]) =>
      bodies.flatMap((body) => checkBlock(`${type}.${name}`, body, schema)),
    )
  })
}

function checkBlock(where: string, body: Body, schema: BlockSchema): string[] {
  const dynamic = dynamicBlocks(body)
  const given = new Set([...Object.keys(body), ...Object.keys(dynamic)])
  const unknown = [...given]
    .filter((key) => !META.has(key) && !isArgument(schema, key) && !schema.blocks[key])
    .map((key) => `${where} has no argument or block '${key}'`)
  const missing = [
    ...Object.entries(schema.attributes).filter(([, [flags]]) => flags.includes('r')),
    ...Object.entries(schema.blocks).filter(([, { min }]) => min > 0),
  ]
    .filter(([key]) => !given.has(key))
    .map(([key]) => `${where} lacks '${key}'`)
  const nested = Object.entries(schema.blocks).flatMap(([key, block]) =>
    checkNested(`${where}.${key}`, bodiesOf(body[key]), dynamic[key] ?? [], block),
  )
  return [...unknown, ...missing, ...nested]
}

const isArgument = ({ attributes }: BlockSchema, key: string): boolean =>
  /[ro]/.test(attributes[key]?.[0] ?? '')

function checkNested(
  where: string,
  fixed: readonly Body[],
  repeated: readonly Body[],
  block: NestedBlock,
): string[] {
  const many = block.max > 0 && fixed.length > block.max
  return [
    ...(many ? [`${where} stands ${fixed.length} times, ${block.max} at most`] : []),
    ...[...fixed, ...repeated].flatMap((body) => checkBlock(where, body, block)),
  ]
}

/** dynamic "x" { content { … } } → x: the contents. */
const dynamicBlocks = (body: Body): Record<string, readonly Body[]> =>
  Object.fromEntries(
    Object.entries((body.dynamic ?? {}) as Bodies).map(([name, blocks]) => [
      name,
      blocks.flatMap(({ content }) => bodiesOf(content)),
    ]),
  )

const bodiesOf = (value: unknown): readonly Body[] =>
  Array.isArray(value) ? value.filter((one): one is Body => typeof one === 'object') : []
