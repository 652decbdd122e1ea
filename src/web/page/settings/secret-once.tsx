// A secret that was just made: shown now and never again.
import { CopyButton } from '../parts/copy-button.tsx'
import { Dialog } from '../parts/dialog.tsx'

interface Props {
  readonly title: string
  readonly secret: string
  readonly hint: string
  readonly close: () => void
}

/** The window with it. */
export const SecretOnce = ({ title, secret, hint, close }: Props) => (
  <Dialog title={title} close={close}>
    <p>Copy it now: only a hash of it is kept, so it cannot be shown again.</p>
    <p class="secret">
      <code>{secret}</code>
      <CopyButton text={secret} />
    </p>
    <p class="muted">{hint}</p>
  </Dialog>
)
