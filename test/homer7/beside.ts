// The proof beside heplify-server: sends the same frames to two programs and lays the homer7 rows they
// wrote beside each other. Neither is started here. What it found is in docs/proof-heplify-server.md.
//
//   bun test/homer7/beside.ts --theirs-hep HOST:PORT --theirs URL --ours-hep HOST:PORT --ours URL
//     [--traffic vectors,fixture,load] [--faultless-only] [--record FILE] [--shown 40]
//
// Without --ours-hep and --ours only heplify-server is sent to; --record keeps its rows, for
// test/homer7-rows.test.ts; --faultless-only leaves out what heplify-server goes wrong with. Ends with 1 when a difference has no name in faults.ts.
import { parseArgs } from 'node:util'
import { gzipSync } from 'bun'
import { compareRows, type Difference } from './compare.ts'
import { FAULTS, type Fault } from './faults.ts'
import { describeDifference, nameDifferences } from './name-differences.ts'
import { type Homer7Row, readHomer7Rows } from './rows.ts'
import { sendPaced } from './send-paced.ts'
import { framesOf, type ProofFrame, TRAFFIC, type TrafficName } from './traffic.ts'

const AGO_US = 6 * 3600e6 // heplify-server has partitions from yesterday until tomorrow
const SETTLED_MS = 12_000 // three times DBTimer

const { values: flags } = parseArgs({
  options: {
    'theirs-hep': { type: 'string' },
    theirs: { type: 'string' },
    'ours-hep': { type: 'string' },
    ours: { type: 'string' },
    traffic: { type: 'string', default: TRAFFIC.join(',') },
    record: { type: 'string' },
    'faultless-only': { type: 'boolean', default: false },
    shown: { type: 'string', default: '40' },
  },
})

const startUs = Math.floor((Date.now() * 1000 - AGO_US) / 1e6) * 1e6
const all = flags.traffic.split(',').flatMap((name) => framesOf(name as TrafficName, startUs))
const frames = flags['faultless-only'] ? all.filter(isSameForBoth) : all
const receivers = [flags['theirs-hep'], flags['ours-hep']].filter(
  (address) => address !== undefined,
)
for (const address of receivers) await sendPaced(address, frames)
process.stdout.write(`${frames.length} frames sent to ${receivers.join(' and ')}\n`)

const theirs = flags.theirs === undefined ? [] : await settledRows(flags.theirs)
process.stdout.write(`heplify-server wrote ${theirs.length} rows\n`)
if (flags.record !== undefined)
  await Bun.write(flags.record, gzipSync(theirs.map((row) => JSON.stringify(row)).join('\n')))
if (flags.ours !== undefined) process.exitCode = report(await settledRows(flags.ours))

// A packet without a time has that of its arrival, which is another for each.
function isSameForBoth({ fault, key }: ProofFrame): boolean {
  return fault === undefined && !key.endsWith(' arrival')
}

// Nothing says when heplify-server has written all it will write, so the rows must stand still.
async function settledRows(url: string): Promise<Homer7Row[]> {
  let before = -1
  for (;;) {
    const rows = await readHomer7Rows(url, startUs)
    if (rows.length === before) return rows
    before = rows.length
    await Bun.sleep(SETTLED_MS)
  }
}

function report(ours: readonly Homer7Row[]): number {
  const comparison = compareRows(theirs, ours)
  const { named, unnamed } = nameDifferences(comparison, frames)
  const lines = [
    `Calliope wrote ${ours.length} rows, ${comparison.equal} of them equal`,
    ...[...named].map(([fault, differences]) => faultLine(fault, differences)),
    `without a name: ${unnamed.length}`,
    ...unnamed.slice(0, Number(flags.shown)).map((one) => `  ${describeDifference(one, frames)}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return unnamed.length === 0 ? 0 : 1
}

function faultLine(fault: Fault, differences: readonly Difference[]): string {
  const lost = differences.filter(({ kind }) => kind === 'only-ours').length
  return `${fault}: ${lost} lost there, ${differences.length - lost} other (${FAULTS[fault].why})`
}
