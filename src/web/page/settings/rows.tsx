// A small table: every row is there at once. On a narrow screen each row becomes a card.
import type { ComponentChildren } from 'preact'

export type Column<Row> = readonly [title: string, show: (row: Row) => ComponentChildren]

interface Props<Row> {
  /** Undefined while they are on their way. */
  readonly rows: readonly Row[] | undefined
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  readonly empty: string
  readonly actions?: (row: Row) => ComponentChildren
}

/** The table, or a word where there is nothing. */
export function Rows<Row>({ rows, columns, keyOf, empty, actions }: Props<Row>) {
  if (rows === undefined) return <p class="page-wait" aria-busy="true" />
  if (rows.length === 0) return <p class="muted">{empty}</p>
  return (
    <table class="rows">
      <thead>
        <tr>
          {columns.map(([title]) => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
          {actions && (
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(([title, show]) => (
              <td key={title} data-title={title}>
                {show(row)}
              </td>
            ))}
            {actions && <td class="actions">{actions(row)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
