// How the media of a call sounded at its worst, as a number and a colour.
import type { CallRow } from '#contract'
import type { Mood } from './outcome.tsx'

// Where people begin to complain: ITU-T G.107 annex B, ratings 80 and 70 and 50.
const STEPS: readonly (readonly [mosMin: number, word: string, mood: Mood])[] = [
  [4.03, 'good', 'good'],
  [3.6, 'some are dissatisfied', 'mild'],
  [2.58, 'many are dissatisfied', 'mild'],
  [0, 'nearly all are dissatisfied', 'bad'],
]

const stepOf = (mos: number) => STEPS.find(([mosMin]) => mos >= mosMin) ?? STEPS.at(-1)!

/** What people say of such a call. */
export const qualityWord = (mos: number): string => stepOf(mos)[1]

/** The MOS, coloured by what it means; nothing when nobody reported. */
export const Quality = ({ call: { mos } }: { call: CallRow }) =>
  mos === null ? null : <span class={`quality ${stepOf(mos)[2]}`}>{mos.toFixed(2)}</span>
