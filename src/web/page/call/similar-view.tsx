// Who else failed like this: is it one customer, one host, or everybody? An hour before and after.
import type { CallDetail, SimilarCall, SimilarCalls } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showCount } from '../parts/format.ts'
import { hrefOf } from '../shell/address.ts'
import { apiPath, callPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

/** The tab. */
export function SimilarView({ call }: { call: CallDetail }) {
  const asked = useAnswer<SimilarCalls>(apiPath(`${callPath(call.callId)}/similar`))
  const { value: similar, failure } = asked
  if (failure) return <ErrorNote failure={failure} />
  if (!similar) return <p class="nothing" aria-busy="true" />
  if (similar.total === 0)
    return (
      <div class="empty-tab">
        <h2>No other call failed like this</h2>
        <p>
          Nothing ended with {call.summary.outcome}
          {call.summary.status === null ? '' : ` ${call.summary.status}`} from{' '}
          {showClock(similar.from)} to {showClock(similar.to)}.
        </p>
      </div>
    )
  return (
    <div class="similar">
      <p class="similar-sum">{sentenceOf(similar)}</p>
      <p>
        <a href={searchFor(call, similar)}>Search all of them</a>
      </p>
      <ol>
        {similar.calls.map((one) => (
          <Row key={one.call.callId} similar={one} />
        ))}
      </ol>
    </div>
  )
}

function sentenceOf({ total, capped, before, after, sameHost, host }: SimilarCalls): string {
  const count = `${showCount(total)}${capped ? ' or more' : ''} other ${total === 1 ? 'call' : 'calls'}`
  const when = `${showCount(before)} in the hour before, ${showCount(after)} in the hour after`
  const where = host === null ? '' : ` In ${showCount(sameHost)} of them ${host} took part.`
  return `${count} failed alike: ${when}.${where}`
}

function searchFor({ summary }: CallDetail, { from, to }: SimilarCalls): string {
  const status = summary.status === null ? '' : ` status:${summary.status}`
  return hrefOf('search', '', { q: `outcome:${summary.outcome}${status}`, from, to })
}

const Row = ({ similar: { call, verdict, sameHost, sameReason } }: { similar: SimilarCall }) => (
  <li>
    <a href={hrefOf('call', call.callId)} title={call.callId}>
      {showClock(call.startedAt)} {call.from || '?'} → {call.to || '?'}
    </a>
    <span>{verdict}</span>
    {sameHost && <small class="same">same host</small>}
    {sameReason && <small class="same">same reason</small>}
  </li>
)
