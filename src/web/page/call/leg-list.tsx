// The legs of a call: why each was joined and how sure that is, a click to take one out or put it back,
// and one to see nothing else.
import type { Leg } from '#contract'
import { changeQuery, hrefOf } from '../shell/address.ts'
import { toggled, type ViewState, writeList } from './view-state.ts'

interface Props {
  readonly legs: readonly Leg[]
  readonly state: ViewState
  /** False where a link to another call leads nowhere. */
  readonly canLeave: boolean
}

/** Colours repeat after five legs; the bars beside the arrows have the same ones. */
export const LegList = ({ legs, state, canLeave }: Props) => (
  <ol class="legs" aria-label="Legs of this call">
    {legs.map((leg, i) => (
      <li key={leg.callId} class={`leg-${i % 5}`} data-out={state.without.includes(leg.callId)}>
        <LegName leg={leg} link={canLeave && i > 0} />
        <code title={leg.callId}>{leg.callId}</code>
        <Why leg={leg} first={i === 0} />
        <span class="leg-acts">
          {i > 0 && <JoinButton leg={leg} state={state} />}
          <button
            type="button"
            class="link"
            aria-pressed={state.leg === leg.callId}
            onClick={() =>
              changeQuery({ leg: state.leg === leg.callId ? undefined : leg.callId }, 'replace')
            }
          >
            {state.leg === leg.callId ? 'all legs' : 'only this'}
          </button>
        </span>
      </li>
    ))}
  </ol>
)

const LegName = ({ leg: { callId, from, to }, link }: { leg: Leg; link: boolean }) => {
  const name = `${from || '?'} → ${to || '?'}`
  return link ? (
    <a href={hrefOf('call', callId)} title={callId}>
      {name}
    </a>
  ) : (
    <b title={callId}>{name}</b>
  )
}

function Why({ leg: { reasons, score, merged }, first }: { leg: Leg; first: boolean }) {
  if (first) return <small>asked for</small>
  if (merged) return <small>added by you</small>
  return (
    <small title={reasons.join('; ')}>
      {reasons.join(', ')}
      {score < 1 && <em title="1 is an identifier, less is likeness"> {score.toFixed(2)}</em>}
    </small>
  )
}

/** A call that was added goes altogether; a leg that was found can be put back. */
function JoinButton({ leg: { callId, merged }, state }: { leg: Leg; state: ViewState }) {
  const isOut = state.without.includes(callId)
  const toggle = () =>
    changeQuery(
      merged
        ? { with: writeList(state.with.filter((other) => other !== callId)) }
        : { without: writeList(toggled(state.without, callId)) },
      'replace',
    )
  return (
    <button type="button" class="link" onClick={toggle}>
      {merged ? 'remove' : isOut ? 'join' : 'unjoin'}
    </button>
  )
}
