// `node tools/with-bun.mjs FILE …`: installs what is missing, then runs FILE under Bun.
import { ensureInstalled, root } from './install.mjs'
import { becomeBun } from './run-bun.mjs'

ensureInstalled({ dev: true })
becomeBun(process.argv.slice(2), { cwd: root })
