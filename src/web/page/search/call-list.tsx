// The calls a search found.
import { useEffect, useRef } from 'preact/hooks'
import type { CallRow } from '#contract'
import { EmptyState } from '../doctor/empty-state.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { microsOf, showClock, showDay, showSpan } from '../parts/format.ts'
import { Outcome } from '../parts/outcome.tsx'
import { hrefOf, openPage } from '../shell/address.ts'
import { placeOf } from './search-bar.tsx'
import type { SearchUrl } from './search-url.ts'
import type { CallList as Calls } from './use-calls.ts'

interface Props {
  readonly url: SearchUrl
  readonly list: Calls
  readonly selected: string | undefined
  readonly select: (callId: string) => void
  readonly refresh: () => void
}

/** The table of calls, an error in its place, or the empty state. */
export function CallList({ url, list, selected, select, refresh }: Props) {
  const { calls, failure, loading, answered, hasMore, more } = list
  const open = (callId: string) => {
    select(callId)
    openPage('call', callId)
  }
  return (
    <section class="list" aria-busy={loading} aria-label="Calls">
      {failure && placeOf(failure) === 'list' && <ErrorNote failure={failure} />}
      {calls.length > 0 && (
        <table>
          <thead>
            <tr>
              {COLUMNS.map((name) => (
                <th key={name} class={name.toLowerCase().replace(/\W/g, '')}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {calls.map((call) => (
              <Row
                key={call.callId}
                call={call}
                href={hrefOf('call', call.callId)}
                isSelected={call.callId === selected}
                open={open}
              />
            ))}
          </tbody>
        </table>
      )}
      {calls.length === 0 && answered && !failure && !loading && (
        <EmptyState q={url.q} ranged={url.from !== '' || url.to !== ''} refresh={refresh} />
      )}
      {hasMore && (
        <button type="button" class="more" onClick={more} disabled={loading}>
          {loading ? 'Loading …' : 'Older calls'}
        </button>
      )}
    </section>
  )
}

const COLUMNS = ['Time', 'Method', 'From', 'To', 'Outcome', 'Setup', 'Talk', 'Msgs', 'Call-ID']

interface RowProps {
  readonly call: CallRow
  readonly href: string
  readonly isSelected: boolean
  readonly open: (callId: string) => void
}

// The whole row opens the call; the link inside is for new tabs and for copying the address.
function Row({ call, href, isSelected, open }: RowProps) {
  const row = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (isSelected) row.current?.scrollIntoView({ block: 'nearest' })
  }, [isSelected])
  // The day only where it is not today's: most rows are of today.
  const day = showDay(call.startedAt)
  return (
    <tr
      ref={row}
      aria-selected={isSelected}
      onClick={(event) => {
        // A click with a modifier, or on the link with the middle button, is for the browser.
        if (event.ctrlKey || event.metaKey || event.shiftKey) return
        event.preventDefault()
        open(call.callId)
      }}
    >
      <td class="time" title={call.startedAt}>
        <a href={href} tabIndex={-1}>
          {day && <span class="day">{day}</span>} {showClock(call.startedAt)}
          <small>.{microsOf(call.startedAt).slice(0, 3)}</small>
        </a>
      </td>
      <td class="method">{call.method || PROTOCOLS[call.protocol] || `type ${call.protocol}`}</td>
      <td class="from">{call.from || <Nobody ip={call.srcIp} />}</td>
      <td class="to">{call.to || <Nobody ip={call.dstIp} />}</td>
      <td class="outcome">
        <Outcome call={call} />
      </td>
      <td class="setup">{showSpan(call.setupMs)}</td>
      <td class="talk">{showSpan(call.durationMs)}</td>
      <td class="msgs" title={call.partial && 'Part of this call: it began before the range'}>
        {call.messageCount}
        {call.partial && '+'}
      </td>
      <td class="callid" title={call.callId}>
        {call.callId}
      </td>
    </tr>
  )
}

const Nobody = ({ ip }: { ip: string }) => <span class="nobody">{ip}</span>

/** HEP protocol types that have no method. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  1: 'SIP?',
  4: 'RTP',
  5: 'RTCP',
  34: 'RTP report',
  35: 'RTCP-XR',
  53: 'DNS',
  54: 'ISUP',
  100: 'log',
}
