// Which columns are shown, and in which order.
import { Dialog } from '../parts/dialog.tsx'
import { callColumns, type useShownColumns } from './call-columns.tsx'

const ALL = callColumns((ip) => ip)

interface Props {
  readonly columns: ReturnType<typeof useShownColumns>
  readonly close: () => void
}

/** The dialog. */
export function ColumnChooser({ columns: { shown, setShown, reset }, close }: Props) {
  const labelOf = (id: string) => ALL.find((column) => column.id === id)?.label ?? id
  const hidden = ALL.filter(({ id }) => !shown.some((one) => one.id === id))
  const move = (at: number, by: number) => {
    const next = [...shown]
    const [one] = next.splice(at, 1)
    next.splice(at + by, 0, one!)
    setShown(next)
  }
  return (
    <Dialog title="Columns" close={close}>
      <ul class="column-list">
        {shown.map((one, at) => (
          <li key={one.id}>
            <label class="check">
              <input
                type="checkbox"
                checked
                disabled={shown.length === 1}
                onChange={() => setShown(shown.filter(({ id }) => id !== one.id))}
              />
              {labelOf(one.id)}
            </label>
            <button
              type="button"
              class="quiet"
              disabled={at === 0}
              aria-label={`${labelOf(one.id)} further left`}
              onClick={() => move(at, -1)}
            >
              ↑
            </button>
            <button
              type="button"
              class="quiet"
              disabled={at === shown.length - 1}
              aria-label={`${labelOf(one.id)} further right`}
              onClick={() => move(at, 1)}
            >
              ↓
            </button>
          </li>
        ))}
        {hidden.map(({ id, label }) => (
          <li key={id}>
            <label class="check">
              <input
                type="checkbox"
                checked={false}
                onChange={() => setShown([...shown, { id }])}
              />
              {label}
            </label>
          </li>
        ))}
      </ul>
      <button type="button" onClick={reset}>
        As it was
      </button>
    </Dialog>
  )
}
