// Who is logged in, in the bar, and the way out.

import './account.css'
import { openPage } from '../shell/address.ts'
import { apiPath, sendJson } from '../shell/fetch-json.ts'
import { renewSession, useSession } from './use-session.ts'

/** Nothing where nobody has to log in. */
export function Account() {
  const who = useSession().value?.who
  if (!who || who.kind === 'local') return null
  const leave = async () => {
    await sendJson('DELETE', apiPath('session'))
    renewSession()
    openPage('login')
  }
  return (
    <>
      <span class="account" title={`${who.name}, ${who.role}${who.masked ? ', masked' : ''}`}>
        {who.name}
        {who.masked && <span class="badge mild">masked</span>}
      </span>
      <button
        type="button"
        class="quiet log-out"
        aria-label="Log out"
        title="Log out"
        onClick={() => void leave()}
      >
        <span>Log out</span>
      </button>
    </>
  )
}
