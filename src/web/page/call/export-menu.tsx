// Everything a call can be saved as. What the server writes (PCAP, text) and what the page draws (SVG, PNG)
// hold what is shown: legs taken out stay out.
import { useRef } from 'preact/hooks'
import type { CallDetail } from '#contract'
import { useRefusal } from '../login/allowed-button.tsx'
import { toast } from '../parts/toasts.tsx'
import { apiPath, callPath } from '../shell/fetch-json.ts'
import { type Picture, PNG_ROWS_MAX, pngOf, svgOf } from './ladder-picture.ts'
import { fileName, saveFile } from './save-file.ts'
import type { ViewState } from './view-state.ts'

interface Props {
  readonly call: CallDetail
  readonly state: ViewState
  /** Whether the server may be asked: not for a shared call. */
  readonly fromServer: boolean
  /** The ladder as it is shown. */
  readonly picture: () => Picture
}

/** A menu that closes by itself once something was chosen. */
export function ExportMenu({ call, state, fromServer, picture }: Props) {
  const menu = useRef<HTMLDetailsElement>(null)
  const close = () => menu.current?.removeAttribute('open')
  const query = { with: state.with.join(','), without: state.without.join(',') }
  const path = (kind: string) => apiPath(`${callPath(call.callId)}/${kind}`, query)
  const save = (extension: string, blob: Blob) => saveFile(blob, fileName(call.callId, extension))
  const savePng = async () => {
    const drawn = picture()
    save('png', await pngOf(drawn))
    if (drawn.layout.rows.length > PNG_ROWS_MAX)
      toast(`The PNG ends after ${PNG_ROWS_MAX} rows; the SVG has all of them.`)
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on any entry, however it was made, closes it
    <details class="menu" ref={menu} onClick={(event) => isEntry(event.target) && close()}>
      <summary>Export</summary>
      <div class="menu-list">
        {fromServer && <FromServer path={path} />}
        <button type="button" onClick={() => save('json', jsonOf(call))}>
          JSON <small>all of it</small>
        </button>
        <button type="button" onClick={() => save('svg', svgBlob(picture()))}>
          SVG <small>the ladder</small>
        </button>
        <button
          type="button"
          onClick={() => void savePng().catch(() => toast('This browser paints no PNG.', 'failed'))}
        >
          PNG <small>the ladder</small>
        </button>
      </div>
    </details>
  )
}

function FromServer({ path }: { path: (kind: string) => string }) {
  const refusal = useRefusal()('viewer', 'export')
  if (refusal !== undefined) return <small class="muted">PCAP, text: {refusal}</small>
  return (
    <>
      <a href={path('pcap')} download>
        PCAP <small>for Wireshark</small>
      </a>
      <a href={path('text')} download>
        Text <small>for a ticket</small>
      </a>
    </>
  )
}

const isEntry = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('a,button') !== null

const jsonOf = (call: CallDetail) =>
  new Blob([JSON.stringify(call, null, 2)], { type: 'application/json' })
const svgBlob = (picture: Picture) => new Blob([svgOf(picture)], { type: 'image/svg+xml' })
