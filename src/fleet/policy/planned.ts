// Resources out of Terraform's JSON: a plan (`terraform show -json plan.out`), a state (`terraform show
// -json`), or the messages of `terraform test -json -verbose`. Nothing is trusted: what is not there or
// not of its kind is undefined.

export interface PlannedResource {
  readonly address: string
  readonly type: string
  readonly name: string
  /** Key of a for_each, number of a count, or undefined. */
  readonly index: string | number | undefined
  readonly values: Json
}

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json }

/** Modules nested deeper than this are not looked into. */
const DEPTH_MAX = 20

/** Every managed resource of the plan or state, of all modules. */
export function plannedResources(document: Json): PlannedResource[] {
  const plan = at(document, 'test_plan') ?? at(document, 'test_state') ?? document
  const changes = items(at(plan, 'resource_changes'))
  if (changes.length > 0)
    return changes.flatMap((change) => resourceIn(change, at(change, 'change', 'after')))
  return fromModule(
    at(plan, 'planned_values', 'root_module') ?? at(plan, 'values', 'root_module'),
    0,
  )
}

function fromModule(module: Json | undefined, depth: number): PlannedResource[] {
  if (module === undefined || depth > DEPTH_MAX) return []
  const own = items(at(module, 'resources')).flatMap((resource) =>
    resourceIn(resource, at(resource, 'values')),
  )
  const children = items(at(module, 'child_modules'))
  return [...own, ...children.flatMap((child) => fromModule(child, depth + 1))]
}

/** None when it is read only, or goes away. */
function resourceIn(resource: Json, values: Json | undefined): PlannedResource[] {
  const [type, name] = [textAt(resource, 'type'), textAt(resource, 'name')]
  if (type === undefined || name === undefined || values === undefined) return []
  if (at(resource, 'mode') === 'data') return []
  const index = at(resource, 'index')
  return [
    {
      ...{ type, name, values, address: textAt(resource, 'address') ?? `${type}.${name}` },
      index: typeof index === 'string' || typeof index === 'number' ? index : undefined,
    },
  ]
}

/** `value.a.b`, where numbers in the path are indexes; undefined where it leads nowhere or to null. */
export function at(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Json | undefined {
  let here = value
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined
    here = (here as { readonly [key: string]: Json })[step]
  }
  return here ?? undefined
}

export const items = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? value : []

/** A number, also one in quotes as the provider has some. */
export function numberAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): number | undefined {
  const found = at(value, ...path)
  const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function textAt(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): string | undefined {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : undefined
}
