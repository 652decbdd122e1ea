// Where messages go into homer7's tables only, a search here cannot find them: it says so, and where they are,
// over whatever it finds from before.
import type { About } from '../doctor/ends.ts'
import { useAnswer } from '../shell/use-answer.ts'

/** Nothing, where calls are stored as ever. */
export function LayoutNotice() {
  const { value } = useAnswer<About>('/api/v1/about')
  if (!value?.layouts || value.layouts.includes('calls')) return null
  return (
    <p class="layout-notice" role="note">
      New calls are not here: this node stores messages in the tables of homer7 only
      {value.homer7 ? ` (${value.homer7})` : ''}, where homer-app finds them. With{' '}
      <code>store.layouts = ["calls", "homer7"]</code> they are found here as well.
    </p>
  )
}
