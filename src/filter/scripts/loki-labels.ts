// SetLokiLabel: few labels, of names the operator allowed. Each new value is a stream of its own in Loki, so
// what goes beyond is left out, as heplify-server does it.
const LABELS_MAX = 5
const NAME_CHARS_MAX = 64
const VALUE_CHARS_MAX = 1_024
/** Those the outlet sets itself. */
const TAKEN = new Set([
  ...['job', 'hostname', 'node', 'type', 'method', 'response', 'protocol'],
  ...['call_id', 'from', 'to', 'src_ip', 'src_port', 'dst_ip', 'dst_port'],
])

/** Labels that may be sent. */
export function pickLabels(
  labels: Readonly<Record<string, string>>,
  allowed: ReadonlySet<string>,
): Readonly<Record<string, string>> {
  const picked = Object.entries(labels).filter(
    ([name, value]) => allowed.has(name) && isLabelName(name) && isLabelValue(value),
  )
  return Object.fromEntries(picked.slice(0, LABELS_MAX))
}

/** Whether Loki takes the name and nobody else has it. */
export const isLabelName = (name: string): boolean =>
  /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && name.length <= NAME_CHARS_MAX && !TAKEN.has(name)

const isLabelValue = (value: string): boolean => value !== '' && value.length <= VALUE_CHARS_MAX
