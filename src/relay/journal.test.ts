import { expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Journal } from './journal.ts'
import type { JournalState, Line } from './journal-state.ts'

const SPOOL = 'a spool'

function journalRig() {
  const directory = mkdtempSync(join(tmpdir(), 'calliope-journal-'))
  const path = join(directory, 'it.journal')
  return {
    path,
    open: (spool = SPOOL) => new Journal(path, spool),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** A state as plain data; the order of parcels says nothing. */
const seen = ({ counts, lanes, parcels, number }: JournalState) => ({
  ...{ number, counts: structuredClone(counts) },
  lanes: [...lanes].map(([name, { passed, cuts }]) => [
    name,
    passed,
    cuts.map(({ place, open }) => [place, open]),
  ]),
  parcels: [...parcels.values()]
    .map(({ cut, ...parcel }) => ({ ...parcel, place: cut.place }))
    .sort((a, b) => a.number - b.number),
})

const LANES = ['udp-0', 'streams']

/** Lines as a carrier writes them, each about what is open at that moment. */
function* lines(journal: Journal, choices: readonly number[]): Generator<Line> {
  const ends = new Map(LANES.map((lane) => [lane, 0]))
  for (const choice of choices) {
    const open = [...journal.state.parcels.values()]
    const one = open[choice % Math.max(1, open.length)]
    const { number } = journal.state
    if (one === undefined || choice % 3 === 0) {
      const lane = LANES[choice % 2]!
      const from = ends.get(lane)!
      ends.set(lane, from + 10)
      const at = (records: number) => ({ file: 1, offset: records * 100, records })
      const picks = new Uint8Array([0b1010_1010, 0b10])
      yield {
        kind: 'cut',
        place: { lane, from: at(from), next: at(from + 10), frames: 10 },
        lost: choice % 5 === 0 ? { dropped: { spool_damaged: choice } } : {},
        deal: [
          { number, target: 'a', picks, frames: 5 },
          { number: number + 1, target: 'b', picks, frames: 5 },
        ],
      }
    } else if (choice % 3 === 1) {
      yield { kind: 'done', number: one.number, outcome: { taken: one.frames - 1, rejected: 1 } }
    } else {
      const deal = [{ number, target: 'c', picks: new Uint8Array([3, 0]), frames: one.frames }]
      yield { kind: 'deal', of: one.number, outcome: {}, deal }
    }
  }
}

test('Journal finds after any crash what there was before it, over several runs', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(1_000), { maxLength: 40 }), { maxLength: 4 }), (runs) => {
      using rig = journalRig()
      for (const choices of runs) {
        const journal = rig.open()
        for (const line of lines(journal, choices)) journal.add(line)
        const before = seen(journal.state)
        journal.close()
        const after = rig.open()
        expect(seen(after.state)).toEqual(before)
        after.close()
        const { counts, lanes, settledAhead } = after.state
        const passed = [...lanes.values()].reduce((sum, lane) => sum + lane.passed.records, 0)
        // A later run begins its lanes anew here, so only within one run this must add up.
        if (runs.length === 1) expect(counts.taken + counts.rejected).toBe(passed + settledAhead)
      }
    }),
    { numRuns: 60 },
  )
})

test('Journal takes a line that was torn off for one that never happened', () => {
  using rig = journalRig()
  const journal = rig.open()
  const states = [seen(journal.state)]
  const ends = [readFileSync(rig.path).length]
  for (const line of lines(journal, [3, 6, 1, 2, 4, 9])) {
    journal.add(line)
    states.push(seen(journal.state))
    ends.push(readFileSync(rig.path).length)
  }
  journal.close()
  const whole = readFileSync(rig.path)
  for (let bytes = ends[0]!; bytes <= whole.length; bytes++) {
    writeFileSync(rig.path, whole.subarray(0, bytes))
    const again = rig.open()
    expect(seen(again.state)).toEqual(states[ends.findLastIndex((end) => end <= bytes)]!)
    again.close()
  }
})

test('Journal is written anew before it grows large, and says the same', () => {
  using rig = journalRig()
  const journal = rig.open()
  for (const line of lines(
    journal,
    Array.from({ length: 60_000 }, (_, i) => (i % 7 < 5 ? 1 : 3)),
  ))
    journal.add(line)
  expect(readFileSync(rig.path).length).toBeLessThan(5 * 2 ** 20)
  const before = seen(journal.state)
  journal.close()
  const again = rig.open()
  expect(seen(again.state)).toEqual(before)
  again.close()
})

test('Journal of another spool is put aside, and nothing of it is believed', () => {
  using rig = journalRig()
  const journal = rig.open()
  for (const line of lines(journal, [3, 6])) journal.add(line)
  journal.close()
  const other = rig.open('another spool')
  expect(seen(other.state)).toMatchObject({ lanes: [], parcels: [], number: 1 })
  other.close()
  expect(readFileSync(`${rig.path}.aside`, 'utf8')).toContain(SPOOL)
})
