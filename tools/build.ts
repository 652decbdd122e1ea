// `npm run build`: dist/calliope, the whole program in one file. Worker threads are entry points of
// their own; names are flattened because `new URL('./x-worker.ts', import.meta.url)` is resolved
// beside the bundle, whatever room the file came from.
import { chmodSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { Glob } from 'bun'

const root = join(import.meta.dir, '..')
const outfile = resolve(root, process.argv[2] ?? 'dist/calliope')
const workers = [...new Glob('src/**/*-worker.ts').scanSync(root)].map((path) => join(root, path))
const names = workers.map((path) => basename(path))
if (new Set(names).size < names.length) throw new Error(`two workers of one name: ${names}`)

const built = await Bun.build({
  entrypoints: [join(root, 'src/main.ts'), ...workers],
  naming: { entry: '[name].[ext]' },
  target: 'bun',
  sourcemap: 'inline',
  compile: { outfile },
})
for (const message of built.logs) console.error(message)
chmodSync(outfile, 0o755)
console.log(`${outfile}  ${(statSync(outfile).size / 2 ** 20).toFixed(0)} MiB`)
