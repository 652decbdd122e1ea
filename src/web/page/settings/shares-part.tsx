// Links that show a call to whoever has them: all that were made, whether they still open or not.
import { useState } from 'preact/hooks'
import type { Share } from '#contract'
import { useWho } from '../login/use-session.ts'
import { ErrorNote } from '../parts/error-note.tsx'
import { showCount } from '../parts/format.ts'
import { toast } from '../parts/toasts.tsx'
import { hrefOf } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { type Column, Rows } from './rows.tsx'
import { SureButton } from './sure-button.tsx'
import { When } from './when.tsx'

const COLUMNS: readonly Column<Share>[] = [
  [
    'Call',
    ({ callId }) => (
      <a class="object" href={hrefOf('call', callId)} title={callId}>
        {callId}
      </a>
    ),
  ],
  ['Made by', ({ createdBy }) => createdBy],
  ['Made', ({ createdAt }) => <When at={createdAt} otherwise="" />],
  ['Ends', (share) => <End share={share} />],
  ['Taken out', ({ redact }) => takenOut(redact)],
  [
    'Opened',
    ({ openedCount, lastOpenedAt }) => (
      <>
        {showCount(openedCount)}
        {lastOpenedAt && (
          <small class="muted">
            , last <When at={lastOpenedAt} otherwise="" />
          </small>
        )}
      </>
    ),
  ],
]

/** Newest first: everybody's for an admin, an engineer's own. */
export function SharesPart() {
  const [again, setAgain] = useState(0)
  const { value, failure } = useAnswer<{ shares: readonly Share[] }>(apiPath('shares'), again)
  const isAdmin = useWho()?.role === 'admin'
  return (
    <>
      <p class="note">
        A link shows one call, as it was when the link was made, to whoever has it. Links are made
        with “Share” on the page of a call.
        {!isAdmin && ' These are your own; an administrator sees everybody’s.'}
      </p>
      {failure && <ErrorNote failure={failure} />}
      <Rows
        rows={value?.shares}
        columns={COLUMNS}
        keyOf={({ id }) => id}
        empty="No link was made in the last 90 days."
        actions={(share) =>
          isOpen(share) && (
            <SureButton
              label="Revoke"
              danger
              path={apiPath(`shares/${share.id}`)}
              done={() => {
                toast('The link is revoked')
                setAgain((n) => n + 1)
              }}
            />
          )
        }
      />
    </>
  )
}

const isOpen = ({ revokedAt, expiresAt }: Share): boolean =>
  revokedAt === null && Date.parse(expiresAt) > Date.now()

function End({ share }: { share: Share }) {
  const { revokedAt, expiresAt } = share
  if (revokedAt !== null)
    return (
      <span class="muted">
        revoked <When at={revokedAt} otherwise="" />
      </span>
    )
  if (isOpen(share)) return <When at={expiresAt} otherwise="" />
  return (
    <span class="muted">
      expired <When at={expiresAt} otherwise="" />
    </span>
  )
}

function takenOut({ numbers, bodies }: Share['redact']): string {
  const parts = [...(numbers ? ['numbers'] : []), ...(bodies ? ['bodies'] : [])]
  return parts.join(', ') || 'nothing'
}
