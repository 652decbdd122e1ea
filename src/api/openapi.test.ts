// openapi.json, docs/api.md and the table of routes say the same.
import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS } from './errors.ts'
import { errorsOf, openApi } from './openapi.ts'
import { ROUTES } from './routes/routes.ts'
import { SCHEMAS } from './schemas/schemas.ts'

// biome-ignore lint/suspicious/noExplicitAny: walked as any reader of it would
const description = JSON.parse(JSON.stringify(openApi(ROUTES))) as any
const guide = readFileSync(join(import.meta.dir, '../../docs/api.md'), 'utf8')

test('openApi describes every route, its parameters and its errors, and nothing else', () => {
  const operations = Object.entries<Record<string, unknown>>(description.paths).flatMap(
    ([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(operations.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort())
  for (const route of ROUTES) {
    const operation = description.paths[route.path][route.method.toLowerCase()]
    const names = operation.parameters.map(({ name }: { name: string }) => name)
    expect(names).toEqual(Object.keys(route.params))
    const statuses = new Set(errorsOf(route).map((code) => String(ERRORS[code].status)))
    expect(new Set(Object.keys(operation.responses))).toEqual(statuses.add('200'))
  }
})

test('openApi declares every parameter of a path as required, and no other', () => {
  for (const [path, methods] of Object.entries<Record<string, { parameters: Parameter[] }>>(
    description.paths,
  ))
    for (const { parameters } of Object.values(methods)) {
      const required = parameters.filter((parameter) => parameter.required)
      expect(required.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(required.every((parameter) => parameter.in === 'path')).toBe(true)
    }
})

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required: boolean
}

test('openApi refers only to schemas it has, and has no schema nobody refers to', () => {
  const referred = new Set<string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    if ('$ref' in node) referred.add(String(node.$ref))
    Object.values(node).forEach(walk)
  }
  walk(description)
  const names = Object.keys(SCHEMAS).map((name) => `#/components/schemas/${name}`)
  expect([...referred].sort()).toEqual(names.sort())
})

test('openApi names each operation once', () => {
  const ids = Object.values<Record<string, { operationId: string }>>(description.paths).flatMap(
    (methods) => Object.values(methods).map(({ operationId }) => operationId),
  )
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids).toContain('getCallsByIdPcap')
})

test('openApi gives times as date-time, strict objects, and nullable where null can come', () => {
  const { CallRow } = description.components.schemas
  expect(CallRow.properties.startedAt).toEqual({ type: 'string', format: 'date-time' })
  expect(CallRow.additionalProperties).toBe(false)
  expect(CallRow.required).toContain('setupMs')
  expect(CallRow.properties.setupMs.anyOf).toEqual([{ type: 'number' }, { type: 'null' }])
})

test('docs/api.md has a row for every error, with the same status and meaning, and no other', () => {
  const rows = [...guide.matchAll(/^\| `(\w+)` \| (\d{3}) \| (.*) \|$/gm)].map(
    ([, code, status, when]) => [code!, Number(status), when!] as const,
  )
  const table = Object.entries(ERRORS).map(([code, { status, when }]) => [code, status, when])
  expect(rows as unknown[]).toEqual(table)
})

test('docs/api.md names every route and every parameter', () => {
  const sections = guide.split(/^#+ /m)
  for (const { method, path, params } of ROUTES) {
    const section = sections.find((text) => text.includes(`\`${method} ${path}\``))
    expect([path, section === undefined]).toEqual([path, false])
    for (const name of Object.keys(params))
      if (name !== 'callId')
        expect([path, name, section!.includes(`\`${name}\``)]).toEqual([path, name, true])
  }
})

// '/calls/histogram' once stood before '/calls/{callId}': a call of that name could not be opened.
test('no route takes for itself a word that stands where a Call-ID stands', () => {
  const words = ROUTES.filter(({ path }) => /^\/api\/v1\/calls\/[^{]/.test(path))
  expect(words.map(({ path }) => path)).toEqual([])
})
