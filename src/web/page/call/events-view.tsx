// What happened beside the signalling, in order: lines of logs, questions to DNS and their answers, ISUP. Each
// with the time since the call began, and a way to its message.
import type { CallDetail, CallMessage } from '#contract'
import { microsBetween, spanOf } from './ladder-rows.ts'

interface Props {
  readonly call: CallDetail
  readonly choose: (message: number) => void
}

const KINDS = { dns: 'DNS', isup: 'ISUP', log: 'Log' } as const
type EventKind = keyof typeof KINDS
const isEvent = (kind = ''): kind is EventKind => kind in KINDS
/** Levels that ask to be read. */
const MOODS: Readonly<Record<string, string>> = {
  ...{ emerg: 'bad', alert: 'bad', crit: 'bad', fatal: 'bad', error: 'bad', warn: 'mild' },
}

/** How many there are: the tab says it. */
export const countEvents = ({ messages }: CallDetail): number =>
  messages.filter(({ report }) => isEvent(report?.kind)).length

/** The tab. */
export function EventsView({ call, choose }: Props) {
  const events = call.messages.flatMap((message, index) =>
    isEvent(message.report?.kind) ? [{ message, index, kind: message.report.kind }] : [],
  )
  if (events.length === 0) return <NoEvents />
  const start = call.messages[0]!.at
  return (
    <div class="scroll-x events">
      <table>
        <thead>
          <tr>
            <th scope="col">After</th>
            <th scope="col">What</th>
            <th scope="col">Host</th>
            <th scope="col">Says</th>
          </tr>
        </thead>
        <tbody>
          {events.map(({ message, index, kind }) => (
            <tr key={index}>
              <td>
                <time dateTime={message.at}>{spanOf(microsBetween(start, message.at) / 1000)}</time>
              </td>
              <td>
                {KINDS[kind]} <Title message={message} />
              </td>
              <td>{message.src.ip}</td>
              <td>
                <button type="button" class="as-text" onClick={() => choose(index)}>
                  {message.report!.text || message.label}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const Title = ({ message: { report } }: { message: CallMessage }) => (
  <small class={MOODS[report!.title] ?? ''}>{report!.title}</small>
)

const NoEvents = () => (
  <div class="empty-tab">
    <h2>Nothing but signalling and media was reported of this call</h2>
    <p>
      Here stand lines of logs (HEP type 100), DNS (53) and ISUP (54) that carry the Call-ID of this
      call as their correlation id (HEP chunk 17), or name it in their text.
    </p>
  </div>
)
