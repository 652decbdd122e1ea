// Plain Node, because this runs before anything is installed: makes `npm start` and `npm test` work
// straight after `git clone`. Installs when the lockfile changed since the last install, never
// otherwise, and finds the Bun binary that came with it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const markerFile = join(root, 'node_modules', '.calliope-install.json')

/** Installs what package-lock.json names; `dev` adds what only tests and checks need. */
export function ensureInstalled({ dev }) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const installed = readMarker()
  if (installed.lock === lock && (installed.dev || !dev)) return
  process.stderr.write('calliope: installing dependencies (once) …\n')
  // Not `npm ci`: it wants every platform's optional packages in the lockfile, and registries that
  // mirror only some platforms cannot supply them. `install --no-save` keeps to the lockfile as well.
  const args = [
    'install',
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(dev ? [] : ['--omit=dev']),
  ]
  const npm = spawnSync('npm', args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) {
    const why = npm.error ? npm.error.message : `exit code ${npm.status}`
    process.stderr.write(
      `calliope: 'npm ${args.join(' ')}' in ${root} failed (${why}); see above.\n`,
    )
    process.exit(1)
  }
  writeFileSync(markerFile, JSON.stringify({ lock, dev }))
}

function readMarker() {
  try {
    return JSON.parse(readFileSync(markerFile, 'utf8'))
  } catch {
    return {}
  }
}

/** Path of the Bun binary that npm installed. */
export function bunBinary() {
  const modules = join(root, 'node_modules')
  const candidates = [join(modules, 'bun', 'bin', 'bun.exe')]
  // Where install scripts are switched off, Bun's own package was not linked: use its platform package.
  if (existsSync(join(modules, '@oven')))
    for (const name of readdirSync(join(modules, '@oven')))
      candidates.push(join(modules, '@oven', name, 'bin', 'bun'))
  const found = candidates.find(
    (path) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0,
  )
  if (found) return found
  process.stderr.write(
    `calliope: no working Bun under ${modules}; delete that folder and run the command again.\n`,
  )
  process.exit(1)
}
