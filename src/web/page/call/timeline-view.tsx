// The call as one line: what the caller heard, and for how long.
import type { CallDetail } from '#contract'
import { callPhases } from './call-phases.ts'
import { spanOf } from './ladder-rows.ts'

interface Props {
  readonly call: CallDetail
  readonly choose: (message: number) => void
}

/** Nothing for what is no call. A phase is as long as it was, but never too short to be seen. */
export function TimelineView({ call, choose }: Props) {
  const phases = callPhases(call)
  if (phases.length === 0) return null
  const { outcome } = call.summary
  const isUp = ['answered', 'ringing', 'trying'].includes(outcome)
  return (
    <ol class="timeline" aria-label="Course of the call">
      {phases.map(({ kind, fromMs, toMs, message }) => (
        <li key={message} class={kind.replace(' ', '-')} style={{ flexGrow: toMs - fromMs }}>
          <button
            type="button"
            onClick={() => choose(message)}
            title={`${kind}, ${spanOf(toMs - fromMs)}: show how it began`}
          >
            <b>{kind}</b> <small>{spanOf(toMs - fromMs)}</small>
          </button>
        </li>
      ))}
      <li class={`end ${isUp ? 'open' : outcome === 'completed' ? 'good' : 'bad'}`}>
        {isUp ? 'goes on' : outcome === 'completed' ? 'ended' : outcome}
      </li>
    </ol>
  )
}
