// This call beside one that went well: ladders row by row, what only one of them has, what differs.
import { useState } from 'preact/hooks'
import type { CallDetail, CallRow, GoodCall } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showDay } from '../parts/format.ts'
import { changeQuery, hrefOf } from '../shell/address.ts'
import { apiPath, callPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { type ComparedRow, compareCalls } from './compare-calls.ts'
import { DiffView } from './diff-view.tsx'

interface Props {
  readonly call: CallDetail
  /** Call-ID chosen by hand; '' takes the last good one. */
  readonly other: string
}

const SHARED: Readonly<Record<NonNullable<GoodCall['shared']>, string>> = {
  parties: 'the last good call between the same two',
  callee: 'the last good call to the same callee',
  hosts: 'the last good call between the same hosts',
}

/** The tab: finds what to compare with, and compares. */
export function CompareView({ call, other }: Props) {
  const good = useAnswer<GoodCall>(other ? undefined : apiPath(`${callPath(call.callId)}/good`))
  const otherId = other || good.value?.call?.callId
  const path = otherId === undefined ? undefined : apiPath(callPath(otherId))
  const { value: right, failure } = useAnswer<CallDetail>(path)
  return (
    <div class="compare">
      <OtherCall key={other} other={other} />
      {(failure ?? good.failure) && <ErrorNote failure={(failure ?? good.failure)!} />}
      {good.value && !good.value.call && <NoGood since={good.value.since} />}
      {right && (
        <>
          <p class="compare-with">
            Right: {good.value?.shared ? SHARED[good.value.shared] : 'the call you chose'},{' '}
            <RowLink row={right.summary} />. {right.verdict}
          </p>
          <ComparedLadders left={call} right={right} />
        </>
      )}
    </div>
  )
}

const RowLink = ({ row }: { row: CallRow }) => (
  <a href={hrefOf('call', row.callId)} title={row.callId}>
    {showDay(row.startedAt)} {showClock(row.startedAt)}, {row.from} → {row.to}
  </a>
)

function OtherCall({ other }: { other: string }) {
  return (
    <form
      class="other-call"
      onSubmit={(event) => {
        event.preventDefault()
        const given = new FormData(event.currentTarget).get('other')
        changeQuery({ other: String(given ?? '').trim() }, 'push')
      }}
    >
      <label for="other">Compare with</label>
      <input
        id="other"
        name="other"
        defaultValue={other}
        placeholder="Call-ID; empty = the last good one"
        spellcheck={false}
      />
      <button type="submit">Compare</button>
    </form>
  )
}

const NoGood = ({ since }: { since: string }) => (
  <div class="empty-tab">
    <h2>No good call to compare with</h2>
    <p>
      None between these parties, to this callee or between these hosts went well since{' '}
      {showDay(since)} {showClock(since)}. Search for one (<code>outcome:completed</code>) and paste
      its Call-ID above.
    </p>
  </div>
)

interface LadderProps {
  readonly left: CallDetail
  readonly right: CallDetail
}

function ComparedLadders({ left, right }: LadderProps) {
  const rows = compareCalls(left, right)
  const [open, setOpen] = useState<number>()
  const differing = rows.filter(isDifferent).length
  return (
    <>
      <p class="compare-count">
        {differing === 0 ? 'No difference found.' : `${differing} of ${rows.length} steps differ.`}
      </p>
      <div class="scroll-x">
        <table class="compared">
          <thead>
            <tr>
              <th scope="col">
                This call <Hosts call={left} />
              </th>
              <th scope="col">
                The other one <Hosts call={right} />
              </th>
              <th scope="col">What differs, from the other one to this</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, i) => (
              <Row
                key={i}
                row={row}
                {...{ left, right }}
                isOpen={open === i}
                toggle={() => setOpen(open === i ? undefined : i)}
              />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const Hosts = ({ call: { ladder } }: { call: CallDetail }) => (
  <code>{ladder.columns.map(({ label }) => label).join(' · ')}</code>
)

const isDifferent = ({ left, right, differences }: ComparedRow): boolean =>
  left === undefined || right === undefined || differences.length > 0

interface RowProps extends LadderProps {
  readonly row: ComparedRow
  readonly isOpen: boolean
  readonly toggle: () => void
}

function Row({ row, left, right, isOpen, toggle }: RowProps) {
  const [mine, theirs] = [messageOf(left, row.left), messageOf(right, row.right)]
  const kind = !mine ? 'missing' : !theirs ? 'extra' : row.differences.length > 0 ? 'differs' : ''
  return (
    <>
      <tr class={kind}>
        <td>
          <MiniArrow call={left} index={row.left} />
        </td>
        <td>
          <MiniArrow call={right} index={row.right} />
        </td>
        <td>
          {!mine && <em>missing here</em>}
          {!theirs && <em>only here</em>}
          {row.differences.join(', ')}
          {mine && theirs && (
            <button type="button" class="link" aria-expanded={isOpen} onClick={toggle}>
              {isOpen ? 'close' : 'diff'}
            </button>
          )}
        </td>
      </tr>
      {isOpen && mine && theirs && (
        <tr class="opened">
          <td colSpan={3}>
            <DiffView left={theirs} right={mine} />
          </td>
        </tr>
      )}
    </>
  )
}

const messageOf = (call: CallDetail, arrow: number | undefined) =>
  arrow === undefined ? undefined : call.messages[call.ladder.arrows[arrow]!.message]

const MINI = { width: 300, height: 34, edge: 14 }

/** One rung of a ladder, small: lifelines where the hosts are, the arrow between two of them. */
function MiniArrow({ call: { ladder }, index }: { call: CallDetail; index: number | undefined }) {
  const arrow = index === undefined ? undefined : ladder.arrows[index]
  const gap = (MINI.width - 2 * MINI.edge) / Math.max(1, ladder.columns.length - 1)
  const xOf = (column: number) => Math.round(MINI.edge + column * gap)
  const [x1, x2] = arrow ? [xOf(arrow.from), xOf(arrow.to)] : [0, 0]
  return (
    <svg class="mini" width={MINI.width} height={MINI.height} role="img">
      <title>
        {arrow
          ? `${arrow.label}, ${ladder.columns[arrow.from]?.label} to ${ladder.columns[arrow.to]?.label}, +${(arrow.atMs / 1000).toFixed(3)} s`
          : 'nothing'}
      </title>
      {ladder.columns.map(({ label }, i) => (
        <line key={label} class="lifeline" x1={xOf(i)} x2={xOf(i)} y1={0} y2={MINI.height} />
      ))}
      {arrow && (
        <g class={`arrow ${arrow.kind}`}>
          <path class="line" d={`M${x1} 25H${x2}`} />
          <path class="tip" d={`M${x2} 25l${x2 > x1 ? -8 : 8} -4v8z`} />
          <text class="mini-label" x={MINI.width / 2} y={15}>
            {arrow.label.slice(0, 26)} <tspan>+{(arrow.atMs / 1000).toFixed(3)}</tspan>
          </text>
        </g>
      )}
    </svg>
  )
}
