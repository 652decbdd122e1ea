// Takes the AWS provider's schema out of the npm package @cdktn/provider-aws, for the types that
// deploy/terraform uses, and writes it to aws-schema.json. Run it by hand when a module uses a new
// type or the provider version moves; nobody else ever installs the 500 MB package.
//
//   node tools/with-bun.mjs tools/tf-schema-provider/extract.ts [FOLDER OF THE UNPACKED PACKAGE]
//
// The package is generated code, one file a type, in which a comment before each getter says what
// the schema said:
//
//   // arn - computed: true, optional: false, required: false
//   get arn() { return this.getStringAttribute('arn') }
//
// Blocks are members of a class of their own: `…List` may be repeated, `…OutputReference` stands at
// most once. What the package does not say, and so is not checked: sensitive, enumerations, conflicts.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AwsSchema, BlockSchema, CtyType } from './aws-schema.ts'
import { typesUsed } from './types-used.ts'

const PACKAGE = '@cdktn/provider-aws@25.7.0'

interface Member {
  readonly name: string
  readonly flags: string
  /** The class of a block or an object, such as `LbSubnetMappingList`; undefined for plain values. */
  readonly className: string | undefined
  readonly getter: string
}

interface Source {
  /** The class of the resource itself; the others are its blocks. */
  readonly root: string
  readonly members: ReadonlyMap<string, readonly Member[]>
  /** Per class: attribute → list, set or struct, as the generated HCL writer has it. */
  readonly nesting: ReadonlyMap<string, ReadonlyMap<string, string>>
}

async function main(given: string | undefined): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'tf-schema-'))
  try {
    const folder = given ?? download(work)
    const schema = extract(folder, await typesUsed())
    writeFileSync(join(import.meta.dir, 'aws-schema.json'), `${JSON.stringify(schema)}\n`)
    process.stdout.write(
      `aws-schema.json: AWS provider ${schema.version}, ${Object.keys(schema.resources).length} resource and ${Object.keys(schema.data).length} data types\n`,
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function download(work: string): string {
  execFileSync('npm', ['pack', '--silent', PACKAGE], { cwd: work })
  execFileSync('sh', ['-c', 'tar xzf *.tgz'], { cwd: work })
  return join(work, 'package')
}

function extract(folder: string, used: { resources: string[]; data: string[] }): AwsSchema {
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
  const version = /"version": "(6\.[\d.]+)"/.exec(manifest)?.[1]
  if (!version) throw new Error(`${folder}/package.json names no AWS provider version 6.x`)
  const read = (path: string) => {
    const source = parse(readFileSync(join(folder, 'lib', path, 'index.js'), 'utf8'))
    return blockOf(source, source.root)
  }
  const both = (types: string[], prefix: string) =>
    Object.fromEntries(
      types.map((type) => {
        const path = `${prefix}${type.slice('aws_'.length).replaceAll('_', '-')}`
        return [type, read(path)]
      }),
    )
  return {
    version,
    resources: both(used.resources, ''),
    data: both(used.data, 'data-aws-'),
  }
}

function parse(text: string): Source {
  const members = new Map<string, Member[]>()
  const nesting = new Map<string, Map<string, string>>()
  let root = ''
  for (const [, name, body] of text.matchAll(/^class (\w+) extends [^\n]+\n([\s\S]*?)^}/gm)) {
    members.set(name!, membersOf(body!))
    if (!body!.includes('synthesizeHclAttributes')) continue
    root = name!
    nesting.set(root, nestingOf(body!))
  }
  for (const [, name, body] of text.matchAll(
    /^function (\w+)ToHclTerraform\(struct\) \{([\s\S]*?)^}/gm,
  ))
    nesting.set(name!.toLowerCase(), nestingOf(body!))
  return { root, members, nesting }
}

function membersOf(body: string): Member[] {
  const marks = body.matchAll(
    /\/\/ (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n([\s\S]*?)return ([^\n]+);\n/g,
  )
  return [...marks].map(([, name, computed, optional, required, field, getter]) => ({
    name: name!,
    flags: `${required === 'true' ? 'r' : ''}${optional === 'true' ? 'o' : ''}${computed === 'true' ? 'c' : ''}`,
    className: /= new (\w+)\(/.exec(field!)?.[1],
    getter: getter!,
  }))
}

const nestingOf = (body: string): Map<string, string> =>
  new Map(
    [
      ...body.matchAll(
        /(\w+): \{\s+value: [^\n]+\n\s+isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType/g,
      ),
    ].map(([, name, isBlock, type]) => [name!, isBlock === 'true' ? type! : 'plain']),
  )

function blockOf(source: Source, className: string): BlockSchema {
  const members = source.members.get(className)
  if (!members) throw new Error(`no class ${className} in the package: is the type's name right?`)
  const nesting =
    source.nesting.get(className) ?? source.nesting.get(structOf(className).toLowerCase())
  const block: BlockSchema = { attributes: {}, blocks: {} }
  for (const member of members) {
    const mode = nesting?.get(member.name)
    // An optional block is a block; one that is computed too is an attribute in block's clothing.
    if (isComplex(member) && mode !== undefined && mode !== 'plain' && !member.flags.includes('c'))
      block.blocks[member.name] = {
        nesting: mode === 'struct' ? 'single' : mode === 'set' ? 'set' : 'list',
        min: member.flags.includes('r') ? 1 : 0,
        max: member.className!.endsWith('List') ? 0 : 1,
        ...blockOf(source, outputOf(member.className!)),
      }
    else block.attributes[member.name] = [member.flags, typeOf(source, member, mode)]
  }
  return block
}

const isComplex = ({ className }: Member): boolean =>
  className !== undefined && !/^cdktn/.test(className)
const structOf = (className: string): string => className.replace(/(OutputReference|List)$/, '')
const outputOf = (className: string): string => `${structOf(className)}OutputReference`

const PLAIN: readonly (readonly [RegExp, CtyType])[] = [
  [/tolist\(this\.getNumberListAttribute/, ['set', 'number']],
  [/getNumberListAttribute/, ['list', 'number']],
  [/tolist\(this\.getListAttribute/, ['set', 'string']],
  [/getListAttribute/, ['list', 'string']],
  [/getStringMapAttribute/, ['map', 'string']],
  [/getNumberMapAttribute/, ['map', 'number']],
  [/getBooleanMapAttribute/, ['map', 'bool']],
  [/getNumberAttribute/, 'number'],
  [/getBooleanAttribute/, 'bool'],
  [/getStringAttribute/, 'string'],
]

function typeOf(source: Source, member: Member, mode: string | undefined): CtyType {
  if (!isComplex(member))
    return PLAIN.find(([pattern]) => pattern.test(member.getter))?.[1] ?? 'dynamic'
  const inner = blockOf(source, outputOf(member.className!))
  const object: CtyType = ['object', { ...attributeTypes(inner) }]
  return [mode === 'set' ? 'set' : 'list', object]
}

const attributeTypes = (block: BlockSchema): Record<string, CtyType> => ({
  ...Object.fromEntries(Object.entries(block.attributes).map(([name, [, type]]) => [name, type])),
  ...Object.fromEntries(
    Object.entries(block.blocks).map(([name, inner]) => [
      name,
      [inner.nesting === 'set' ? 'set' : 'list', ['object', attributeTypes(inner)]] as CtyType,
    ]),
  ),
})

if (import.meta.main) await main(process.argv[2])
