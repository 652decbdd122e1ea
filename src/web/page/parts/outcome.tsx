// How a call stands, as a word and a colour.
import type { CallRow, Outcome as Word } from '#contract'

const MOODS: Readonly<Record<Word, 'good' | 'open' | 'mild' | 'bad' | 'none'>> = {
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

/** The word, its status, and a colour by what it means to the people who were called. */
export const Outcome = ({ call: { outcome, status } }: { call: CallRow }) => (
  <span class={`badge ${MOODS[outcome]}`}>
    {outcome}
    {status !== null && <small>{status}</small>}
  </span>
)
