// Holds requests and replies against the SDK's own description of each operation, so that the
// simulated AWS cannot drift from the real one: a member that does not exist, a missing one, or a
// text where a number belongs is an error here, as it would be there (or silently lost by the client).
//
// The SDK describes a type as a number for a plain one, or as an array [sort, namespace, name, traits, …]:
//   1 list [.., member]   2 map [.., key, value]   3 structure [.., names, types, how many are required]
//   9 operation [.., request, reply]   0 plain with traits [.., type]   a function gives its description

type Described = number | readonly unknown[] | (() => Described)
type SdkModule = Readonly<Record<string, unknown>>

const PLAIN: Readonly<Record<number, string>> = { 0: 'string', 1: 'number', 2: 'boolean' }
const DEPTH_MAX = 32

export interface OperationShape {
  readonly request: Described
  readonly reply: Described
}

/** The shapes of an operation of this SDK client; undefined when the service has no such operation. */
export function operationShape(sdk: SdkModule, operation: string): OperationShape | undefined {
  const described = sdk[`${operation}$`]
  if (!Array.isArray(described) || described[0] !== 9) return undefined
  return { request: described[4] as Described, reply: described[5] as Described }
}

/** What does not fit, as sentences with the path of the member; empty when all fits. */
export function shapeFaults(type: Described, value: unknown, path = '', depth = 0): string[] {
  if (value === undefined || value === null || depth > DEPTH_MAX) return []
  if (typeof type === 'function') return shapeFaults(type(), value, path, depth)
  if (typeof type === 'number') return plainFaults(type, value, path)
  const [sort, , , , first, second, required] = type as readonly unknown[]
  if (sort === 0) return shapeFaults(first as Described, value, path, depth + 1)
  if (sort === 1) return listFaults(first as Described, value, path, depth)
  if (sort === 2) return mapFaults(second as Described, value, path, depth)
  if (sort === 3) {
    const members = { names: first, types: second, required } as unknown as Members
    return structureFaults(members, value, path, depth)
  }
  return []
}

function plainFaults(type: number, value: unknown, path: string): string[] {
  // Lists and maps of plain types are numbers too: 64 + type and 128 + type.
  if (type >= 128) return mapFaults(type - 128, value, path, 0)
  if (type >= 64) return listFaults(type - 64, value, path, 0)
  // Timestamps (4 to 7) are seconds here; blobs, documents and big numbers are not used.
  const wanted = PLAIN[type] ?? (type <= 7 ? 'number' : undefined)
  return wanted && typeof value !== wanted
    ? [`${path} is ${JSON.stringify(value)?.slice(0, 60)}, not a ${wanted}`]
    : []
}

function listFaults(member: Described, value: unknown, path: string, depth: number): string[] {
  if (!Array.isArray(value)) return [`${path} is not a list`]
  return value.flatMap((item, at) => shapeFaults(member, item, `${path}[${at}]`, depth + 1))
}

function mapFaults(member: Described, value: unknown, path: string, depth: number): string[] {
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is not a map`]
  return Object.entries(value as object).flatMap(([key, item]) =>
    shapeFaults(member, item, `${path}.${key}`, depth + 1),
  )
}

interface Members {
  readonly names: readonly string[]
  readonly types: readonly Described[]
  readonly required: number | undefined
}

function structureFaults(members: Members, value: unknown, path: string, depth: number): string[] {
  const { names, types, required = 0 } = members
  if (typeof value !== 'object' || Array.isArray(value)) return [`${path} is not a structure`]
  const given = value as Record<string, unknown>
  const unknown = Object.keys(given).filter((name) => !names.includes(name))
  // Required members are described first.
  const missing = names.slice(0, required).filter((name) => given[name] === undefined)
  return [
    ...unknown.map((name) => `${path}.${name} does not exist`),
    ...missing.map((name) => `${path}.${name} is missing`),
    ...names.flatMap((name, at) =>
      shapeFaults(types[at]!, given[name], `${path}.${name}`, depth + 1),
    ),
  ]
}
