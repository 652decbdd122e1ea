// The proof beside heplify-server: sends the same frames to two programs and lays the metrics that both have
// beside each other. Neither is started here. What it found is in docs/metrics.md.
//
//   bun test/metrics/beside.ts --theirs-hep HOST:PORT --theirs http://HOST:PORT/metrics
//                              --ours-hep HOST:PORT --ours http://HOST:PORT/metrics
//
// Ends with 1 when a series differs.
import { parseArgs } from 'node:util'
import { sendPaced } from '../homer7/send-paced.ts'
import { framesOf } from '../homer7/traffic.ts'
import { mediaFrames } from './media-frames.ts'

const SETTLED_MS = 3_000
const OURS_TOO = /^(heplify|horaclifix)_/

const { values: flags } = parseArgs({
  options: {
    ...{ 'theirs-hep': { type: 'string' }, theirs: { type: 'string' } },
    ...{ 'ours-hep': { type: 'string' }, ours: { type: 'string' } },
  },
})

// What differs and is to differ.
const KNOWN: Readonly<Record<string, RegExp>> = {
  'heplify-server has the metric and never counts': /^heplify_log_alert_total/,
  'MOS by G.107, there by a simpler formula': /^heplify_xrtp_mos/,
  'HEP 1 has no time, so delays are those of arrival': /^heplify_kpi_.rd\{node_id="0"/,
}

const startUs = Math.floor(Date.now() / 1000 - 3600) * 1e6
// Of HEP 2 heplify-server knows neither the node nor the time (docs/proof-heplify-server.md).
const plain = [...framesOf('fixture', startUs), ...framesOf('load', startUs)].filter(
  ({ frame }) => frame[0] !== 2,
)
const frames = [...plain, ...mediaFrames(startUs).map((frame) => ({ frame }))]
// In order: of a message seen at two nodes the first one counts.
for (const address of [flags['theirs-hep']!, flags['ours-hep']!])
  await sendPaced(address, frames, { burst: 1, pauseMs: 1 })
await Bun.sleep(SETTLED_MS)

const [theirs, ours] = [await read(flags.theirs!), await read(flags.ours!)]
const names = [...new Set([...theirs.keys(), ...ours.keys()])].sort()
const differing = names.filter((series) => !isSame(theirs.get(series), ours.get(series)))
const unknown = differing.filter((series) => knownAs(series) === undefined)
for (const series of differing)
  process.stdout.write(
    `${series}  theirs ${theirs.get(series)}  ours ${ours.get(series)}  ${knownAs(series) ?? 'UNKNOWN'}\n`,
  )
process.stdout.write(
  `${frames.length} frames, ${names.length} series: ${names.length - differing.length} equal, ${unknown.length} without a name\n`,
)
process.exitCode = unknown.length === 0 ? 0 : 1

function knownAs(series: string): string | undefined {
  return Object.entries(KNOWN).find(([, pattern]) => pattern.test(series))?.[0]
}

async function read(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(url)).text()
  const lines = text.split('\n').filter((line) => OURS_TOO.test(line))
  return new Map(lines.map(seriesIn))
}

// Labels in order: programs print them as they like.
function seriesIn(line: string): [series: string, value: number] {
  const [, name, labels, value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line)!
  const sorted = [...labels!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([one]) => one).sort()
  return [`${name}{${sorted.join(',')}}`, Number(value)]
}

function isSame(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && Math.abs(a - b) <= Math.abs(a) * 1e-9
}
