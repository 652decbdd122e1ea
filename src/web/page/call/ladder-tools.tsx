// What of the ladder is shown, and how its times count.
import type { CallDetail } from '#contract'
import { changeQuery } from '../shell/address.ts'
import { methodsOf } from './ladder-rows.ts'
import {
  HIDEABLE,
  type Hideable,
  TIMES,
  type TimeMode,
  toggled,
  type ViewState,
  writeList,
} from './view-state.ts'

const TIME_NAMES: Readonly<Record<TimeMode, string>> = {
  ...{ relative: 'Since start', clock: 'Clock', step: 'Since last' },
}
const HIDE_NAMES: Readonly<Record<Hideable, string>> = {
  ...{ repeats: 'Repeats', pings: 'Pings', other: 'RTCP, logs' },
}

interface Props {
  readonly call: CallDetail
  readonly state: ViewState
  readonly shown: number
}

/** The bar over the ladder. */
export function LadderTools({ call, state, shown }: Props) {
  const { time, hide, methods } = state
  const known = methodsOf(call).filter((method) => method !== 'ACK')
  const isFiltered = shown < call.ladder.arrows.length
  return (
    <div class="tools" role="toolbar" aria-label="What the ladder shows">
      <label>
        <span>Time</span>
        <select
          value={time}
          onChange={({ currentTarget: { value } }) =>
            changeQuery({ time: value === 'relative' ? undefined : value }, 'replace')
          }
        >
          {TIMES.map((mode) => (
            <option key={mode} value={mode}>
              {TIME_NAMES[mode]}
            </option>
          ))}
        </select>
      </label>
      {HIDEABLE.filter((name) => hide.includes(name) || hasAny(call, name)).map((name) => (
        <button
          key={name}
          type="button"
          class="filter-chip"
          aria-pressed={!hide.includes(name)}
          title={hide.includes(name) ? 'Hidden: show them' : 'Shown: hide them'}
          onClick={() => changeQuery({ hide: writeList(toggled(hide, name)) }, 'replace')}
        >
          {HIDE_NAMES[name]}
        </button>
      ))}
      {known.length > 1 && (
        <span class="methods">
          {known.map((method) => (
            <button
              key={method}
              type="button"
              class="filter-chip"
              aria-pressed={methods.length === 0 || methods.includes(method)}
              title={`Only ${method} and its answers`}
              onClick={() =>
                changeQuery({ methods: writeList(toggled(methods, method)) }, 'replace')
              }
            >
              {method}
            </button>
          ))}
        </span>
      )}
      {isFiltered && (
        <span class="filtered">
          {shown} of {call.ladder.arrows.length} messages{' '}
          <button type="button" class="link" onClick={showAll}>
            show all
          </button>
        </span>
      )}
    </div>
  )
}

const showAll = () =>
  changeQuery(
    { hide: undefined, methods: undefined, leg: undefined, without: undefined },
    'replace',
  )

/** A switch for what is not there would be a riddle. */
function hasAny({ ladder, messages }: CallDetail, name: Hideable): boolean {
  if (name === 'repeats') return ladder.arrows.some(({ repeatOf }) => repeatOf !== null)
  if (name === 'other') return messages.some(({ protocol }) => protocol !== 1)
  const pings = messages.filter(({ cseq }) => cseq.endsWith('OPTIONS')).length
  return pings > 0 && pings < messages.length
}
