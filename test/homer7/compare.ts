// Two lists of homer7 rows laid beside each other: what is equal, what only one has, and for the others
// which column and key differ.
import type { Homer7Row } from './rows.ts'

export type Difference =
  | { readonly kind: 'only-theirs' | 'only-ours'; readonly row: Homer7Row }
  | {
      readonly kind: 'other'
      readonly row: Homer7Row
      readonly fields: readonly Field[]
    }

export interface Field {
  readonly name: string
  readonly theirs: unknown
  readonly ours: unknown
}

export interface Comparison {
  readonly equal: number
  readonly differences: readonly Difference[]
}

/** Rows with the same key are paired in the order of their bytes. */
export function compareRows(theirs: readonly Homer7Row[], ours: readonly Homer7Row[]): Comparison {
  const [left, right] = [byKey(theirs), byKey(ours)]
  const differences: Difference[] = []
  let equal = 0
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [a, b] = [left.get(key) ?? [], right.get(key) ?? []]
    for (let place = 0; place < Math.max(a.length, b.length); place++) {
      const difference = differenceOf(a[place], b[place])
      if (difference === undefined) equal++
      else differences.push(difference)
    }
  }
  return { equal, differences }
}

function byKey(rows: readonly Homer7Row[]): Map<string, Homer7Row[]> {
  return Map.groupBy(rows, ({ key }) => key)
}

function differenceOf(theirs?: Homer7Row, ours?: Homer7Row): Difference | undefined {
  if (theirs === undefined) return { kind: 'only-ours', row: ours! }
  if (ours === undefined) return { kind: 'only-theirs', row: theirs }
  const [a, b] = [flat(theirs), flat(ours)]
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => !Bun.deepEquals(a[name], b[name]))
    .map((name) => ({ name, theirs: a[name], ours: b[name] }))
  return fields.length === 0 ? undefined : { kind: 'other', row: ours, fields }
}

function flat({ key: _, protocolHeader, dataHeader, ...columns }: Homer7Row) {
  const named = (column: string, json: Readonly<Record<string, unknown>>) =>
    Object.entries(json).map(([name, value]) => [`${column}.${name}`, value])
  return Object.fromEntries([
    ...Object.entries(columns),
    ...named('protocol_header', protocolHeader),
    ...named('data_header', dataHeader),
  ]) as Readonly<Record<string, unknown>>
}
