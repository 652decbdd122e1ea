// The page's files from source and from inside an executable.
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildPage, type PageFile } from './build-page.ts'

const directory = mkdtempSync(join(tmpdir(), 'calliope-page-'))
afterAll(() => rmSync(directory, { recursive: true }))

function expectWhole(files: readonly Omit<PageFile, 'bytes'>[], html: string) {
  expect(files.filter(({ path }) => path === '/')).toHaveLength(1)
  const referred = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path!)
  expect(referred).toHaveLength(3)
  for (const path of referred) {
    const file = files.find((file) => file.path === new URL(path, 'http://x/').pathname)
    expect([path, file?.immutable]).toEqual([path, true])
  }
  const types = [...new Set(files.map(({ type }) => type.split(';')[0]))].sort()
  expect(types).toEqual(['image/svg+xml', 'text/css', 'text/html', 'text/javascript'])
  // What the content policy forbids must not be there to begin with.
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/)
  expect(html).not.toMatch(/\bstyle=|<style|\bon\w+=/)
}

test('buildPage bundles the page from source, every file under a name of its own', async () => {
  const files = await buildPage()
  const page = files.find(({ path }) => path === '/')!
  expectWhole(files, new TextDecoder().decode(page.bytes))
  const again = await buildPage()
  expect(again.map(({ path }) => path).sort()).toEqual(files.map(({ path }) => path).sort())
})

test('buildPage finds the page inside a compiled executable', async () => {
  const entry = join(directory, 'entry.ts')
  await Bun.write(
    entry,
    `import { buildPage } from ${JSON.stringify(join(import.meta.dir, 'index.ts'))}
     const files = await buildPage()
     const html = new TextDecoder().decode(files.find(({ path }) => path === '/').bytes)
     const sizes = files.map(({ bytes, ...file }) => ({ ...file, size: bytes.length }))
     console.log(JSON.stringify({ files: sizes, html }))`,
  )
  const executable = join(directory, 'program')
  const compiled = Bun.spawnSync(
    [process.execPath, 'build', '--compile', '--minify', entry, '--outfile', executable],
    { cwd: join(import.meta.dir, '../..') },
  )
  expect(compiled.stderr.toString().match(/error.*/g) ?? []).toEqual([])
  const ran = Bun.spawnSync([executable], { cwd: directory })
  const { files, html } = JSON.parse(ran.stdout.toString())
  expectWhole(files, html)
  expect(files.every(({ size }: { size: number }) => size > 100)).toBe(true)
})
