// biome-ignore-all lint/a11y/useSemanticElements: a table element lays out all of its rows at once
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names the active row
// A table of any length: only the rows in sight are in the document.
//
//   ┌ scroller ─────────────────────────────┐
//   │ head (sticks)                         │
//   │ sizer, as high as all rows would be   │
//   │   └ window of some 50 rows, moved to where they belong
//
// Rows are one height. On a narrow screen a row is a card, drawn by the caller.
import { Component, type ComponentChildren, type RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { ColumnEdge } from './column-edge.tsx'
import { useVirtual } from './use-virtual.ts'

/** One column. */
export interface Column<Row> {
  readonly id: string
  readonly label: string
  readonly widthPx: number
  readonly align?: 'right'
  readonly cell: (row: Row) => ComponentChildren
  /** What is shown when the pointer rests, where it is more than what is seen. */
  readonly title?: (row: Row) => string
}

/** What a table is made of. */
export interface TableProps<Row> {
  readonly label: string
  readonly rows: readonly Row[]
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  readonly rowPx: number
  /** Key of the row that keys act on. */
  readonly chosen?: string | undefined
  readonly marked?: ReadonlySet<string>
  readonly open?: (row: Row, event: MouseEvent) => void
  /** Before the first column, a checkbox for example. */
  readonly lead?: ((row: Row) => ComponentChildren) | undefined
  /** A narrow screen's row. */
  readonly card?: ((row: Row) => ComponentChildren) | undefined
  readonly rowClass?: (row: Row) => string
  readonly resize?: (id: string, widthPx: number) => void
  /** Called when the end comes near: load more. */
  readonly nearEnd?: () => void
  readonly scrolled?: (topPx: number) => void
  readonly startPx?: number
  readonly busy?: boolean
  readonly foot?: ComponentChildren
}

const HEAD_PX = 34
const LEAD_PX = 36
const NEAR_END_ROWS = 200

/** The table. */
export function VirtualTable<Row>(props: TableProps<Row>) {
  const { rows, keyOf, rowPx, chosen, card, label, foot } = props
  const scroller = useRef<HTMLDivElement>(null)
  const headPx = card ? 0 : HEAD_PX
  const virtual = useVirtual(scroller, {
    ...{ count: rows.length, rowPx, headPx, offsetPx: props.startPx ?? 0 },
  })
  useTableScroll(scroller, props, virtual.items.at(-1)?.index ?? 0)
  const at = chosen === undefined ? -1 : rows.findIndex((row) => keyOf(row) === chosen)
  useEffect(() => {
    if (at >= 0) virtual.show(at)
    // Only when another is chosen: rows coming in above must not move what is being read.
  }, [chosen])
  const first = virtual.items[0]
  return (
    <div
      ref={scroller}
      class={`table${card ? ' cards' : ''}`}
      style={{ '--columns': templateOf(props), '--row': `${rowPx}px` }}
    >
      <div
        class="table-grid"
        role="grid"
        aria-label={label}
        aria-rowcount={rows.length + 1}
        aria-multiselectable={props.marked !== undefined}
        aria-busy={props.busy}
        aria-activedescendant={at >= 0 ? rowId(chosen!) : undefined}
        tabIndex={0}
      >
        <Head {...props} />
        <div class="table-sizer" role="rowgroup" style={{ height: `${virtual.totalPx}px` }}>
          <div role="presentation" style={{ transform: `translateY(${first?.start ?? 0}px)` }}>
            {virtual.items.map(({ index }) => drawRow(props, index))}
          </div>
        </div>
      </div>
      {foot}
    </div>
  )
}

function drawRow<Row>(table: TableProps<Row>, index: number) {
  const row = table.rows[index]
  if (row === undefined) return null
  const key = table.keyOf(row)
  return (
    <TableRow<Row>
      key={key}
      id={key}
      row={row}
      index={index}
      columns={table.columns}
      chosen={key === table.chosen}
      marked={table.marked?.has(key) ?? false}
      table={table}
    />
  )
}

// The last column takes what is left over, so that there is no empty strip on a wide screen.
const templateOf = <Row,>({ columns, lead }: TableProps<Row>): string =>
  [
    ...(lead ? [`${LEAD_PX}px`] : []),
    ...columns.map(({ widthPx }, i) =>
      i === columns.length - 1 ? `minmax(${widthPx}px, 1fr)` : `${widthPx}px`,
    ),
  ].join(' ')

function useTableScroll<Row>(
  scroller: RefObject<HTMLDivElement | null>,
  { rows, nearEnd, scrolled, startPx = 0 }: TableProps<Row>,
  last: number,
) {
  useLayoutEffect(() => {
    if (scroller.current && startPx > 0) scroller.current.scrollTop = startPx
  }, [])
  const isNear = rows.length > 0 && last >= rows.length - NEAR_END_ROWS
  useEffect(() => {
    if (isNear) nearEnd?.()
  }, [isNear, rows.length, nearEnd])
  useEffect(() => {
    const element = scroller.current
    if (!element || !scrolled) return
    const tell = () => scrolled(element.scrollTop)
    element.addEventListener('scroll', tell, { passive: true })
    return () => element.removeEventListener('scroll', tell)
  }, [scrolled])
}

function Head<Row>({ columns, lead, card, resize }: TableProps<Row>) {
  return (
    <div class={`table-head${card ? ' sr' : ''}`} role="rowgroup">
      <div class="table-row" role="row">
        {lead && (
          <span role="columnheader">
            <span class="sr">Select</span>
          </span>
        )}
        {columns.map(({ id, label, align, widthPx }) => (
          <span key={id} role="columnheader" class={align ?? ''} data-column={id}>
            {label}
            {resize && <ColumnEdge widthPx={widthPx} resize={(px) => resize(id, px)} />}
          </span>
        ))}
      </div>
    </div>
  )
}

interface RowProps<Row> {
  readonly id: string
  readonly row: Row
  readonly index: number
  readonly columns: readonly Column<Row>[]
  readonly chosen: boolean
  readonly marked: boolean
  readonly table: TableProps<Row>
}

// Drawn again only when something of it changed: scrolling moves rows, it does not change them.
class TableRow<Row> extends Component<RowProps<Row>> {
  override shouldComponentUpdate(next: RowProps<Row>): boolean {
    const { row, index, columns, chosen, marked, table } = this.props
    return (
      next.row !== row ||
      next.index !== index ||
      next.columns !== columns ||
      next.chosen !== chosen ||
      next.marked !== marked ||
      (next.table.card === undefined) !== (table.card === undefined)
    )
  }

  override render({ id, row, index, columns, chosen, marked, table }: RowProps<Row>) {
    const { lead, card, rowClass } = table
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: Enter opens the chosen row, see use-keys
      <div
        id={rowId(id)}
        class={`table-row ${rowClass?.(row) ?? ''}`}
        role="row"
        aria-rowindex={index + 2}
        aria-selected={chosen || marked}
        data-chosen={chosen}
        data-marked={marked}
        tabIndex={-1}
        // By the table of now: an unchanged row may have been drawn under an earlier one.
        onClick={(event) => this.props.table.open?.(row, event)}
      >
        {lead && <span role="gridcell">{lead(row)}</span>}
        {card ? (
          <div role="gridcell" class="card">
            {card(row)}
          </div>
        ) : (
          columns.map((column) => (
            <span
              key={column.id}
              role="gridcell"
              class={column.align ?? ''}
              data-column={column.id}
              title={column.title?.(row)}
            >
              {column.cell(row)}
            </span>
          ))
        )}
      </div>
    )
  }
}

const rowId = (key: string): string => `row-${encodeURIComponent(key.toWellFormed())}`
