// How a call stands, as a word and a colour.
import type { CallRow, Outcome as Word } from '#contract'

/** What an outcome means to the people who were called: the colours of the theme. */
export type Mood = 'good' | 'open' | 'mild' | 'bad' | 'none'

const MOODS: Readonly<Record<Word, Mood>> = {
  answered: 'good',
  completed: 'good',
  registered: 'good',
  ok: 'good',
  trying: 'open',
  ringing: 'open',
  cancelled: 'mild',
  busy: 'mild',
  unanswered: 'mild',
  rejected: 'bad',
  failed: 'bad',
  'auth-failed': 'bad',
  unknown: 'none',
}

/** The mood of an outcome. */
export const moodOf = (outcome: Word): Mood => MOODS[outcome]

/** The outcomes of a mood, as a term of the query language. */
export const termOf = (mood: Mood): string =>
  `outcome:${Object.entries(MOODS)
    .filter(([, of]) => of === mood)
    .map(([word]) => word)
    .join('|')}`

/** The word, its status, and a colour by what it means to the people who were called. */
export const Outcome = ({ call: { outcome, status } }: { call: CallRow }) => (
  <span class={`badge ${MOODS[outcome]}`}>
    {outcome}
    {status !== null && <small>{status}</small>}
  </span>
)
