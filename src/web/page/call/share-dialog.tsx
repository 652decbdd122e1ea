// Making a link to a call for somebody without a login: until when, and what is taken out before.
import { useState } from 'preact/hooks'
import type { Share } from '#contract'
import { CopyButton } from '../parts/copy-button.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showDay } from '../parts/format.ts'
import { apiPath, type Failure, sendJson } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'

const DAYS = [1, 7, 30, 90]

interface Props {
  readonly callId: string
  readonly without: readonly string[]
  readonly close: () => void
}

/** The dialog; open for as long as it is rendered. */
export function ShareDialog({ callId, without, close }: Props) {
  const [made, setMade] = useState<string>()
  const [failure, setFailure] = useState<Failure>()
  const [again, setAgain] = useState(0)
  const share = async (form: FormData) => {
    const answer = await sendJson<{ path: string }>('POST', apiPath('shares'), {
      ...{ callId, without },
      expiresAt: new Date(Date.now() + Number(form.get('days')) * 86_400_000).toISOString(),
      redact: { numbers: form.has('numbers'), bodies: form.has('bodies') },
    })
    if (answer.kind === 'failure') return setFailure(answer.failure)
    if (answer.kind !== 'value') return
    setFailure(undefined)
    setMade(location.origin + answer.value.path)
    setAgain((n) => n + 1)
  }
  return (
    <Dialog title="Share this call" close={close}>
      <form
        class="share-form"
        onSubmit={(event) => {
          event.preventDefault()
          void share(new FormData(event.currentTarget))
        }}
      >
        <p>Whoever has the link sees this call as it is now and nothing else, without a login.</p>
        <label>
          Ends after{' '}
          <select name="days">
            {DAYS.map((days) => (
              <option key={days} value={days} selected={days === 7}>
                {days === 1 ? '1 day' : `${days} days`}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" name="numbers" defaultChecked /> Hide numbers but for their last
          two digits
        </label>
        <label>
          <input type="checkbox" name="bodies" /> Take out bodies, SDP included
        </label>
        <button type="submit" class="primary">
          Make link
        </button>
      </form>
      {failure && <ErrorNote failure={failure} />}
      {made && (
        <div class="made">
          <input
            readOnly
            value={made}
            aria-label="Share link"
            onFocus={(e) => e.currentTarget.select()}
          />
          <CopyButton text={made} />
          <small>It is shown this once: only its hash is kept.</small>
        </div>
      )}
      <Links callId={callId} again={again} changed={() => setAgain((n) => n + 1)} />
    </Dialog>
  )
}

interface LinksProps {
  readonly callId: string
  readonly again: number
  readonly changed: () => void
}

/** Links to this call that still open. */
function Links({ callId, again, changed }: LinksProps) {
  const { value } = useAnswer<{ shares: readonly Share[] }>(apiPath('shares'), again)
  const open = (value?.shares ?? []).filter(
    (share) =>
      share.callId === callId &&
      share.revokedAt === null &&
      Date.parse(share.expiresAt) > Date.now(),
  )
  if (open.length === 0) return null
  const revoke = async (id: string) => {
    await sendJson('DELETE', apiPath(`shares/${id}`))
    changed()
  }
  return (
    <section class="links">
      <h3>Links that open it now</h3>
      <ul>
        {open.map(({ id, createdBy, expiresAt, openedCount }) => (
          <li key={id}>
            <span>
              by {createdBy}, until {showDay(expiresAt)} {showClock(expiresAt)}, opened{' '}
              {openedCount === 1 ? 'once' : `${openedCount} times`}
            </span>
            <button type="button" onClick={() => void revoke(id)}>
              Revoke
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
