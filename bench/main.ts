// `npm run bench -- NAME …`: what there is, and in which file. `--quick` runs everything in small.
import { stopSharedServer } from './database.ts'
import { floors } from './floors.ts'
import { fresh } from './fresh.ts'
import { growth } from './growth.ts'
import { intake } from './intake.ts'
import { kills } from './kills.ts'
import { memory } from './memory.ts'
import { micro } from './micro.ts'
import { type BenchOptions, readOptions } from './options.ts'
import { pipeline } from './pipeline.ts'
import { profile } from './profile.ts'
import { recovery } from './recovery.ts'
import { search } from './search.ts'
import { store } from './store.ts'
import { sustained } from './sustained.ts'
import { targets } from './targets-only.ts'
import { visible } from './visible.ts'

const BENCHES: Record<string, (options: BenchOptions) => Promise<void>> = {
  decode: micro('decode', ['decode.ts', 'sip.ts']),
  spool: micro('spool', ['spool.ts']),
  floors,
  store,
  intake,
  pipeline,
  visible,
  memory,
  recovery,
  search,
  growth,
  sustained,
  kills,
  profile,
  fresh,
  targets,
}

const USAGE = `npm run bench -- ${Object.keys(BENCHES).join('|')} …

  --quick                   all of them (or those named) in small, under a minute, nothing written
  --trial                   as told, nothing written
  --seconds 10              one step of a ramp         --rates 100k,200k   its steps    --closeness 0.04   how exact
  --again 1                 a step that lost is tried again so often before the ramp goes down
  --traffic whole|spread    calls close together, or dealt out over many batches
  --offload                 the kernel cuts the sender's datagrams apart: its cost is not ours (bench/datagrams.ts)
  --keep-up                 pipeline: a step counts only when all is stored within seconds of its last message
  --shards 1                --flags "…"                more for calliope capture
  --messages 10M            search; growth takes several: 1M,10M,50M        --gb 10    recovery
  --minutes 10 --rate 100k  sustained; --rate also memory and profile       --rounds 100   kills
  --peer "command with {udp} {database}" --peer-name TEXT --peer-rates 5k,10k             pipeline, in turns with it
`

const { names, options } = readOptions(process.argv.slice(2))
const unknown = names.filter((name) => !(name in BENCHES))
const chosen = names.length > 0 || !options.isQuick ? names : Object.keys(BENCHES)
if (unknown.length > 0 || chosen.length === 0) {
  if (unknown.length > 0) console.error(`no benchmark is called ${unknown.join(', ')}\n`)
  console.error(USAGE)
  process.exit(2)
}
for (const name of chosen) {
  const beganMs = performance.now()
  await BENCHES[name]!(options)
  process.stderr.write(`${name} took ${((performance.now() - beganMs) / 1_000).toFixed(1)} s\n`)
}
await stopSharedServer()
process.exit(0)
