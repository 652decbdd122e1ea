#!/usr/bin/env node
// `npm start` and `npm run calliope`: installs what is missing, then runs src/main.ts under Bun.
import { join } from 'node:path'
import { ensureInstalled, root } from './install.mjs'
import { becomeBun } from './run-bun.mjs'

ensureInstalled({ dev: false })
becomeBun([join(root, 'src', 'main.ts'), ...process.argv.slice(2)])
