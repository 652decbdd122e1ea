// The rules of the house as a program: which room may import which, one door per room, and the sizes
// of STYLE (files median 80 lines, none above 300; functions none above 70; comments 15 to 25 %).
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { Glob } from 'bun'
import { type Node, parseSync, Visitor } from 'oxc-parser'

const root = join(import.meta.dir, '..')

// Data flows down this list; imports point up it and never back.
const GROUND = ['log', 'metrics', 'ledger', 'backoff', 'shared-figures', 'contract', 'config']
const MAY_IMPORT: Record<string, readonly string[]> = {
  config: [],
  hep: [],
  sip: [],
  spool: [],
  intake: ['hep', 'spool'],
  filter: ['hep', 'sip'],
  store: ['hep', 'sip', 'spool', 'filter'],
  api: ['sip', 'hep'],
  web: [],
  relay: ['hep', 'sip', 'spool', 'filter'],
  meter: ['hep', 'sip', 'spool', 'filter'],
  fleet: ['hep', 'sip'],
  migrate: ['hep', 'sip', 'spool', 'store'],
  commands: [
    'hep',
    'sip',
    'filter',
    'spool',
    'intake',
    'store',
    'relay',
    'meter',
    'api',
    'web',
    'fleet',
    'migrate',
  ],
}

interface SourceFile {
  readonly path: string
  readonly text: string
  readonly room: string | undefined
}

const sources: SourceFile[] = [...new Glob('src/**/*.{ts,tsx}').scanSync(root)]
  .sort()
  .map((path) => {
    const parts = path.split('/')
    return {
      path,
      text: readFileSync(join(root, path), 'utf8'),
      room: parts.length > 2 ? parts[1] : undefined,
    }
  })
const product = sources.filter(({ path }) => !/\.test\.tsx?$/.test(path))

const importsOf = ({ text }: SourceFile): string[] =>
  [
    ...text.matchAll(
      /(?:^|\s)(?:import|export)\s[^'"`;]*?from\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|^import\s+'([^']+)'/gm,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3]!)

test('rooms import only the rooms the table allows, and only through their doors', () => {
  const wrong: string[] = []
  for (const file of sources) {
    for (const target of importsOf(file)) {
      if (target.startsWith('#') && !importAllowed(file, target.slice(1)))
        wrong.push(`${file.path} imports ${target}`)
      if (target.startsWith('.') && leavesRoom(file, target))
        wrong.push(`${file.path} reaches into ${target}`)
    }
  }
  expect(wrong).toEqual([])
})

function importAllowed({ room, path }: SourceFile, target: string): boolean {
  if (path === 'src/main.ts') return target === 'commands'
  if (room === undefined) return GROUND.includes(target)
  if (target === 'config') return room === 'commands'
  // A test may come in by its own room's door, as everybody else does.
  if (target === room) return /\.test\.tsx?$/.test(path)
  return GROUND.includes(target) || (MAY_IMPORT[room]?.includes(target) ?? false)
}

// The ground floor may be reached by a relative path only from the ground floor itself.
function leavesRoom({ path, room }: SourceFile, target: string): boolean {
  if (target.endsWith('/package.json')) return false
  const inside = relative(join(root, 'src', room ?? ''), join(root, dirname(path), target))
  if (inside.startsWith('..') && /\.test\.tsx?$/.test(path))
    return !relative(root, join(root, dirname(path), target)).startsWith('test/')
  return inside.startsWith('..')
}

test('every room is in the table and has one door', () => {
  const rooms = [...new Set(sources.flatMap(({ room }) => (room ? [room] : [])))]
  expect(rooms.filter((room) => !(room in MAY_IMPORT))).toEqual([])
  const doors = rooms.filter((room) => sources.some(({ path }) => path === `src/${room}/index.ts`))
  expect(doors).toEqual(rooms)
})

test('no folder or file is named for having no subject', () => {
  expect(
    sources.filter(({ path }) =>
      /(^|\/)(utils?|common|lib|helpers?|misc|types)(\/|\.ts)/.test(path),
    ),
  ).toEqual([])
})

test('no test is skipped for good, left to do, or run alone', () => {
  const marks = /\b(?:test|it|describe)\.(?:skip|todo|only)\(/
  // Some tests lie beside the file that starts what they share, so not only in *.test.ts.
  const files = [...new Glob('{src,test,tools}/**/*.ts').scanSync(root)]
  expect(files.filter((path) => marks.test(readFileSync(join(root, path), 'utf8')))).toEqual([])
})

test('files stay small: median at most 100 lines, none above 300', () => {
  const sizes = product.map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
  expect(sizes.filter(({ lines }) => lines > 300)).toEqual([])
  expect(
    quantile(
      sizes.map(({ lines }) => lines),
      0.5,
    ),
  ).toBeLessThanOrEqual(100)
})

test('files of tests, tools, benchmarks and deployment stay small too: none above 300 lines', () => {
  const paths = [...new Glob('{src,test,tools,bench,deploy}/**/*.{ts,tsx,mjs}').scanSync(root)]
  expect(paths.length).toBeGreaterThan(500)
  const lines = (path: string) => readFileSync(join(root, path), 'utf8').split('\n').length - 1
  expect(paths.filter((path) => lines(path) > 300)).toEqual([])
})

test('functions stay small: median at most 8 lines, p90 at most 25, none above 70', () => {
  const functions = product.flatMap(functionsOf)
  expect(functions.filter(({ lines }) => lines > 70)).toEqual([])
  expect(
    quantile(
      functions.map(({ lines }) => lines),
      0.5,
    ),
  ).toBeLessThanOrEqual(8)
  expect(
    quantile(
      functions.map(({ lines }) => lines),
      0.9,
    ),
  ).toBeLessThanOrEqual(25)
})

test('comments are 10 to 25 % of the lines', () => {
  const lines = product
    .flatMap(({ text }) => text.split('\n').map((line) => line.trim()))
    .filter(Boolean)
  const comments = lines.filter((line) => /^(\/\/|\/\*|\*)/.test(line)).length
  expect(comments / lines.length).toBeGreaterThan(0.1)
  expect(comments / lines.length).toBeLessThan(0.26)
})

test('tests lie where npm test looks for them', () => {
  const elsewhere = [...new Glob('{bench,deploy,docs,*.}/**/*.test.{ts,tsx}').scanSync(root)]
  expect(elsewhere).toEqual([])
})

function functionsOf({ path, text }: SourceFile): { where: string; lines: number }[] {
  const found: { where: string; lines: number }[] = []
  const starts = lineStarts(text)
  const note = (node: Node) => {
    const from = lineAt(starts, node.start)
    found.push({ where: `${path}:${from}`, lines: lineAt(starts, node.end) - from + 1 })
  }
  new Visitor({
    FunctionDeclaration: note,
    FunctionExpression: note,
    ArrowFunctionExpression: note,
  }).visit(parseSync(path, text).program)
  return found
}

const lineStarts = (text: string): number[] => [
  0,
  ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1),
]

const lineAt = (starts: readonly number[], offset: number): number => {
  const next = starts.findIndex((start) => start > offset)
  return next < 0 ? starts.length : next
}

function quantile(values: readonly number[], q: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * q)] ?? 0
}
