// One quarantined frame: what is wrong, where, how to mend it, and trying it again.
import { useMemo, useState } from 'preact/hooks'
import type { Quarantined, QuarantineRetry } from '#contract'
import { AllowedButton } from '../login/allowed-button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath, type Failure, sendJson } from '../shell/fetch-json.ts'
import { readParts } from './hep-chunks.ts'
import { HexView } from './hex-view.tsx'
import { MEND, mayPass } from './mend-advice.ts'

interface Props {
  readonly frame: Quarantined
  /** Something changed: ask for the list again. */
  readonly changed: () => void
}

export function QuarantineFrame({ frame, changed }: Props) {
  const bytes = useMemo(
    () => Uint8Array.from(atob(frame.frame), (sign) => sign.charCodeAt(0)),
    [frame.frame],
  )
  return (
    <article class="frame" aria-label={`Frame ${frame.id}`}>
      <p class="detail">
        <b>Byte {frame.byteOffset}</b> of {bytes.length}: {frame.detail}
      </p>
      <p class="mend">{MEND[frame.reason]}</p>
      <Actions frame={frame} changed={changed} />
      <HexView bytes={bytes} failingAt={frame.byteOffset} />
      <Parts bytes={bytes} failingAt={frame.byteOffset} />
    </article>
  )
}

function Parts({ bytes, failingAt }: { bytes: Uint8Array; failingAt: number }) {
  const parts = useMemo(() => readParts(bytes), [bytes])
  if (parts.length === 0) return null
  return (
    <table class="fact-table parts">
      <thead>
        <tr>
          <th class="right">Byte</th>
          <th class="right">Length</th>
          <th>What it is</th>
          <th>Value</th>
        </tr>
      </thead>
      <tbody>
        {parts.map(({ at, bytes, name, value }) => (
          <tr key={at} class={failingAt >= at && failingAt < at + bytes ? 'failing' : ''}>
            <td class="right">{at}</td>
            <td class="right">{bytes}</td>
            <td>{name}</td>
            <td>
              <code>{value}</code>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Actions({ frame, changed }: Props) {
  const [failure, setFailure] = useState<Failure>()
  const [busy, setBusy] = useState(false)
  const path = apiPath(`quarantine/${frame.id}`)
  const act = async <Value,>(work: ReturnType<typeof sendJson<Value>>, say: (v: Value) => void) => {
    setBusy(true)
    setFailure(undefined)
    const answer = await work
    setBusy(false)
    if (answer.kind === 'failure') return setFailure(answer.failure)
    if (answer.kind === 'value') say(answer.value)
    changed()
  }
  const retry = (force: boolean) =>
    act(sendJson<QuarantineRetry>('POST', `${path}/retry${force ? '?force=1' : ''}`), (result) =>
      result.outcome === 'accepted'
        ? toast('Taken: it counts as received once more and is on its way to the search.')
        : toast(`Still refused: ${result.detail}`, 'failed'),
    )
  const remove = () =>
    act(sendJson('DELETE', path), () => toast('Deleted. It stays counted as rejected.'))
  return (
    <>
      {frame.retryAt && (
        <p class="storm">
          A try at {frame.retryAt} has not reported back. If the node that tried it has ended, look
          whether the call is there before you try again.
        </p>
      )}
      <p class="actions">
        <AllowedButton
          least="engineer"
          class="primary"
          disabled={busy || !mayPass(frame.reason)}
          title={
            mayPass(frame.reason) ? '' : 'Its key was blanked: only the agent can send it again'
          }
          onClick={() => void retry(frame.retryAt !== null)}
        >
          {frame.retryAt ? 'Try again all the same' : 'Try again'}
        </AllowedButton>
        <AllowedButton
          least="engineer"
          class="danger"
          disabled={busy}
          onClick={() => void remove()}
        >
          Delete
        </AllowedButton>
      </p>
      {failure && <ErrorNote failure={failure} />}
    </>
  )
}
