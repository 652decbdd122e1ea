// `npm run ok`: the gate. Format, lint, types, unused code, tests; every step runs even when an
// earlier one failed, so that one run shows everything there is to mend.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'

ensureInstalled({ dev: true })
const bin = (name) => join(root, 'node_modules', '.bin', name)
const STEPS = [
  ['format and lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['types', bin('tsc'), ['--noEmit']],
  ['unused code', bin('knip'), []],
  ['tests', process.execPath, [join(root, 'tools', 'test.mjs')]],
]

const failed = STEPS.filter(([name, command, args]) => {
  process.stdout.write(`\n== ${name}\n`)
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status !== 0
}).map(([name]) => name)
process.stdout.write(failed.length === 0 ? '\nok\n' : `\nnot ok: ${failed.join(', ')}\n`)
process.exit(failed.length === 0 ? 0 : 1)
