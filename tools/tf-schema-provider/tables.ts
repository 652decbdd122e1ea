// The tables of inputs and outputs in each module's README, written from the HCL:
//
//   node tools/with-bun.mjs tools/tf-schema-provider/tables.ts
//
// A test fails when a README and its module say different things.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hcl, parseModule } from './check-hcl.ts'
import { TERRAFORM } from './types-used.ts'

const BEGIN = '<!-- tables: written by tools/tf-schema-provider/tables.ts -->'
const END = '<!-- /tables -->'

/** Folders with a README of their own. */
export const MODULES = ['modules', 'examples'].flatMap((kind) =>
  readdirSync(join(TERRAFORM, kind)).map((name) => join(kind, name)),
)

/** What a module's README should be, tables brought up to date. */
export async function readmeOf(module: string): Promise<{ is: string; should: string }> {
  const folder = join(TERRAFORM, module)
  const is = readFileSync(join(folder, 'README.md'), 'utf8')
  const [before, after] = [is.split(BEGIN)[0], is.split(END)[1]]
  if (after === undefined) throw new Error(`${module}/README.md lacks ${BEGIN} … ${END}`)
  return { is, should: `${before}${BEGIN}\n${await tablesOf(folder)}${END}${after}` }
}

async function tablesOf(folder: string): Promise<string> {
  const hcl = await parseModule(folder)
  return [
    ...['| input | type | default | what it is |', '| --- | --- | --- | --- |'],
    ...blocksOf(hcl, 'variable').map(inputRow),
    ...['', '| output | what it is |', '| --- | --- |'],
    ...blocksOf(hcl, 'output').map(([name, { description }]) => `| \`${name}\` | ${description} |`),
    '',
  ].join('\n')
}

type Block = readonly [name: string, body: Readonly<Record<string, unknown>>]

const blocksOf = (hcl: Hcl, kind: 'variable' | 'output'): Block[] =>
  Object.entries(hcl[kind] ?? {})
    .map(([name, [body]]) => [name, body!] as const)
    .sort(([, a], [, b]) => Number('default' in a) - Number('default' in b)) // required ones first

const inputRow = ([name, body]: Block): string =>
  `| \`${name}\` | ${kindOf(String(body.type))} | ${'default' in body ? defaultOf(body.default) : '**required**'} | ${body.description} |`

/** An object by its members, with a question mark at those that may be left out. */
function kindOf(type: string): string {
  const bare = type
    .replace(/^\$\{|\}$/g, '')
    .replace(/#.*$/gm, '')
    .replace(/\s+/g, ' ')
  const open = bare.indexOf('object({')
  if (open < 0) return `\`${bare}\``
  const outer = open === 0 ? 'object' : `${bare.split('(')[0]} of objects`
  return `${outer}: ${membersOf(bare.slice(open + 'object({'.length)).join(' ')}`
}

// Only what is not inside another bracket is a member of this object.
function membersOf(body: string): string[] {
  let depth = 0
  let flat = ''
  for (const letter of body) {
    if ('({['.includes(letter)) depth++
    if (')}]'.includes(letter) && --depth < 0) break
    if (depth === 0) flat += letter
  }
  return [...flat.matchAll(/(\w+) = (optional)?/g)].map(
    ([, name, may]) => `\`${name}${may ? '?' : ''}\``,
  )
}

function defaultOf(value: unknown): string {
  if (value === null) return '`null`'
  const text = JSON.stringify(value)
  return text.length > 40 ? 'see variables.tf' : `\`${text}\``
}

if (import.meta.main)
  for (const module of MODULES) {
    const { is, should } = await readmeOf(module)
    if (is !== should) writeFileSync(join(TERRAFORM, module, 'README.md'), should)
  }
