// '?' lists the keys. Each page says what its own are while it is there.
import { useEffect, useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { useKeys } from './use-keys.ts'

/** Keys separated by spaces, and what they do. */
export type KeyRow = readonly [keys: string, meaning: string]

interface Group {
  readonly title: string
  readonly rows: readonly KeyRow[]
}

const EVERYWHERE: Group = {
  title: 'Everywhere',
  rows: [
    ['/', 'Search'],
    ['?', 'These keys'],
    ['Esc', 'Back, or out of a field'],
  ],
}

const groups = new Set<Group>()
const SHOW = 'calliope-keys'

/** Opens the help. */
export const showKeyHelp = (): boolean => dispatchEvent(new Event(SHOW))

/** Lists keys in the help while the component is there; `rows` is a constant. */
export function useKeyHelp(title: string, rows: readonly KeyRow[]): void {
  useEffect(() => {
    const group = { title, rows }
    groups.add(group)
    return () => {
      groups.delete(group)
    }
  }, [title, rows])
}

/** The help itself; the shell has one. */
export function KeyHelp() {
  const [open, setOpen] = useState(false)
  useKeys({ '?': () => setOpen(true) })
  useEffect(() => {
    const show = () => setOpen(true)
    addEventListener(SHOW, show)
    return () => removeEventListener(SHOW, show)
  }, [])
  if (!open) return null
  return (
    <Dialog title="Keys" close={() => setOpen(false)}>
      <div class="key-help">
        {[...groups, EVERYWHERE].map(({ title, rows }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, meaning]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(' ').map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
