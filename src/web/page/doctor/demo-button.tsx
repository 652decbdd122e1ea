// Fills an empty system with an hour of made-up calls.
import { useEffect, useState } from 'preact/hooks'
import './demo.css'
import type { DemoState } from '#contract'
import { AllowedButton } from '../login/allowed-button.tsx'
import { ErrorNote } from '../parts/error-note.tsx'
import { showCount } from '../parts/format.ts'
import { hrefOf } from '../shell/address.ts'
import { apiPath, type Failure, fetchJson, sendJson } from '../shell/fetch-json.ts'

const LOOK_MS = 400

/** The button, then how far it is, then where to look. */
export function DemoButton() {
  const [demo, setDemo] = useState<DemoState>()
  const [failure, setFailure] = useState<Failure>()
  const [confirm, setConfirm] = useState(false)
  const running = demo?.state === 'running'
  useEffect(() => {
    if (!running) return
    const stop = new AbortController()
    const timer = setInterval(() => {
      void fetchJson<DemoState>(apiPath('demo'), stop.signal).then((answer) => {
        if (answer.kind === 'failure') setFailure(answer.failure)
        if (answer.kind !== 'value') return
        setDemo(answer.value)
      })
    }, LOOK_MS)
    return () => {
      clearInterval(timer)
      stop.abort()
    }
  }, [running])
  const start = async () => {
    setFailure(undefined)
    const path = apiPath('demo', confirm ? { confirm: '1' } : {})
    const answer = await sendJson<DemoState>('POST', path)
    if (answer.kind === 'value') setDemo(answer.value)
    if (answer.kind !== 'failure') return
    setFailure(answer.failure)
    setConfirm(answer.failure.code === 'demo_refused')
  }
  return (
    <div class="demo" role="status">
      {demo?.state !== 'done' && (
        <AllowedButton least="engineer" disabled={running} onClick={() => void start()}>
          {running
            ? 'Making calls …'
            : confirm
              ? 'Mix them in all the same'
              : 'Fill with demo calls'}
        </AllowedButton>
      )}
      {demo && demo.state !== 'idle' && (
        <>
          <progress value={demo.progress} max={1} aria-label="Demo traffic" />
          <span class="muted">{showCount(demo.sent)} frames</span>
        </>
      )}
      {demo?.state === 'done' && (
        <span>
          An hour of calls, captured by <code>calliope-demo</code>: see <a href="/">the search</a>{' '}
          and <a href={hrefOf('overview')}>the overview</a>.
        </span>
      )}
      {demo?.state === 'failed' && <span class="worse">{demo.error}</span>}
      {failure && <ErrorNote failure={failure} />}
    </div>
  )
}
