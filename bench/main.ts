// `npm run bench -- NAME …`: what there is, and in which file. `--quick` runs everything in small.
import { intake } from './intake.ts'
import { memory } from './memory.ts'
import { micro } from './micro.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { pipeline } from './pipeline.ts'
import { recovery } from './recovery.ts'
import { search } from './search.ts'

const BENCHES: Record<string, (options: BenchOptions) => Promise<void>> = {
  decode: micro('decode', [['decode.ts'], ['sip.ts']]),
  spool: micro('spool', [['spool.ts']]),
  store: micro('store', [['store.ts']]),
  intake,
  pipeline,
  search,
  recovery,
  memory,
}

const { names, options } = readOptions(process.argv.slice(2))
const unknown = names.filter((name) => !(name in BENCHES))
const chosen = names.length > 0 || !options.isQuick ? names : Object.keys(BENCHES)
if (unknown.length > 0 || chosen.length === 0) {
  console.error(
    `${unknown.length > 0 ? `no benchmark is called ${unknown.join(', ')}\n` : ''}` +
      `npm run bench -- ${Object.keys(BENCHES).join('|')} [--messages 10M] [--gb 10] [--seconds 10]\n` +
      '  [--rates 100k,200k] [--traffic whole|spread] [--shards 1] [--flags "…"] [--trial: write nothing] [--quick]\n' +
      '  [--peer "command with {udp} {database}" --peer-name TEXT --peer-rates 5k,10k]',
  )
  process.exit(2)
}
for (const name of chosen) await BENCHES[name]!(options)
process.exit(0)
