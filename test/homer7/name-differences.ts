// Which differences are heplify-server's faults, by the packet that each row came from.
import type { Comparison, Difference } from './compare.ts'
import { differsBy, type Fault } from './faults.ts'
import type { ProofFrame } from './traffic.ts'

export interface NamedDifferences {
  readonly named: ReadonlyMap<Fault, readonly Difference[]>
  /** What nobody has explained: faults of ours, until shown otherwise. */
  readonly unnamed: readonly Difference[]
}

export function nameDifferences(
  { differences }: Comparison,
  sent: readonly ProofFrame[],
): NamedDifferences {
  const frameFor = finder(sent)
  const faultOf = (difference: Difference) => {
    const fault = frameFor(difference.row.key)?.fault
    return fault !== undefined && isOf(fault, difference) ? fault : undefined
  }
  const named = Map.groupBy(
    differences.filter((one) => faultOf(one) !== undefined),
    (one) => faultOf(one)!,
  )
  return { named, unnamed: differences.filter((one) => faultOf(one) === undefined) }
}

/** Whether a difference goes no further than its fault explains. */
function isOf(fault: Fault, difference: Difference): boolean {
  const allowed = differsBy(fault)
  if (difference.kind === 'other')
    return difference.fields.every(({ name }) => allowed?.includes(name) ?? false)
  return difference.kind === 'only-ours' && allowed === undefined
}

/** One difference over several lines: the packet, then each column that differs. */
export function describeDifference(difference: Difference, sent: readonly ProofFrame[]): string {
  const { kind, row } = difference
  const what =
    difference.kind === 'other'
      ? difference.fields.map(
          ({ name, theirs, ours }) => `${name}: ${show(theirs)} | ${show(ours)}`,
        )
      : [JSON.stringify(row)]
  return [`${kind} ${finder(sent)(row.key)?.label ?? '?'} ${row.key}`, ...what].join('\n    ')
}

const show = (value: unknown) => JSON.stringify(value) ?? '(none)'

// A row may have another time than its packet, so a flow of one packet will do as well.
function finder(sent: readonly ProofFrame[]): (key: string) => ProofFrame | undefined {
  const byKey = new Map(sent.map((frame) => [frame.key, frame]))
  const byFlow = Map.groupBy(sent, ({ key }) => flowOf(key))
  return (key) => {
    const flow = byFlow.get(flowOf(key)) ?? []
    return byKey.get(key) ?? (flow.length === 1 ? flow[0] : undefined)
  }
}

const flowOf = (key: string) => key.slice(0, key.lastIndexOf(' '))
