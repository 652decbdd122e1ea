// Where messages go into homer7's tables only, a search here cannot find them: it says so, and where they are,
// over whatever it finds from before.
import type { About } from '../doctor/ends.ts'
import { useAnswer } from '../shell/use-answer.ts'

/** What the server says of itself when new calls are not stored here; undefined when they are. */
export function useCallsElsewhere(): About | undefined {
  const { value } = useAnswer<About>('/api/v1/about')
  return value?.layouts && !value.layouts.includes('calls') ? value : undefined
}

/** Says where they are. */
export const LayoutNotice = ({ about: { homer7 } }: { about: About }) => (
  <p class="layout-notice" role="note">
    New calls are not here: this node stores messages in the tables of homer7 only
    {homer7 ? ` (${homer7})` : ''}, where homer-app finds them. With{' '}
    <code>store.layouts = ["calls", "homer7"]</code> they are found here as well.
  </p>
)
