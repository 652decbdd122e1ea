// Frames that failed a check, and the one that was chosen.
import type { Quarantined } from '#contract'
import { ErrorNote } from '../parts/error-note.tsx'
import { showClock, showDay } from '../parts/format.ts'
import { changeQuery, hrefOf } from '../shell/address.ts'
import { apiPath } from '../shell/fetch-json.ts'
import { useAnswer } from '../shell/use-answer.ts'
import { useKeys } from '../shell/use-keys.ts'
import { QuarantineFrame } from './quarantine-frame.tsx'

interface Props {
  /** Id of the frame in the address. */
  readonly chosen: string | undefined
  readonly again: number
  readonly changed: () => void
}

export function QuarantineList({ chosen, again, changed }: Props) {
  const { value, failure } = useAnswer<{ quarantine: readonly Quarantined[] }>(
    apiPath('quarantine', { limit: '200' }),
    again,
  )
  const frames = value?.quarantine ?? []
  const at = Math.max(
    0,
    frames.findIndex(({ id }) => id === chosen),
  )
  const frame = frames[at]
  const move = (by: number) => {
    const next = frames[Math.min(frames.length - 1, Math.max(0, at + by))]
    if (next) changeQuery({ frame: next.id }, 'replace')
  }
  useKeys({ j: () => move(1), k: () => move(-1) })
  if (failure) return <ErrorNote failure={failure} />
  if (value && frames.length === 0)
    return <p class="muted">The quarantine is empty: every frame that came could be read.</p>
  if (!frame) return null
  return (
    <div class="quarantine">
      <ol aria-label="Quarantined frames">
        {frames.map(({ id, receivedAt, peer, transport, reason }) => (
          <li key={id}>
            <a
              href={hrefOf('ingest', 'quarantine', { frame: id })}
              aria-current={id === frame.id ? 'true' : undefined}
            >
              <b>{reason.replaceAll('_', ' ')}</b>
              <span class="muted" title={receivedAt}>
                {showDay(receivedAt)} {showClock(receivedAt)}
              </span>
              <code>{peer}</code>
              <span class="muted">{transport.toUpperCase()}</span>
            </a>
          </li>
        ))}
      </ol>
      <QuarantineFrame key={frame.id} frame={frame} changed={changed} />
    </div>
  )
}
