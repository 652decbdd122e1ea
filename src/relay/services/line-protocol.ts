// Influx line protocol: one point, one line.
//
//   measurement,tag=value,tag=value field="text",field=12i 1700000000123456789
//
// Names and tag values are bare: comma, blank and equals sign are escaped, and a line end, which they cannot
// hold, becomes a blank. A backslash there stands for itself unless something escapable follows, so one at
// the end, or before such a character, cannot be written at all: it becomes a slash. Texts are quoted, which
// takes everything; as `escaped` their control characters are written as in JSON (\r\n as four letters),
// for receivers that cut at line ends before they read quotes; so does heplify-server.
export type FieldValue = string | number

export interface Point {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  /** Numbers are whole. */
  readonly fields: Readonly<Record<string, FieldValue>>
  /** Nanoseconds since 1970, in digits. */
  readonly atNs: string
}

/** The line, with its end. */
export function writePoint({ measurement, tags, fields, atNs }: Point, isEscaped: boolean): string {
  const tagText = Object.entries(tags)
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `,${bare(name, KEY)}=${bare(value, KEY)}`)
    .join('')
  const fieldText = Object.entries(fields)
    .map(([name, value]) => `${bare(name, KEY)}=${fieldOf(value, isEscaped)}`)
    .join(',')
  return `${bare(measurement, MEASUREMENT)}${tagText} ${fieldText} ${atNs}\n`
}

const MEASUREMENT = /[, ]/g
const KEY = /[,= ]/g

const bare = (text: string, special: RegExp): string =>
  text
    .replace(/[\r\n]+/g, ' ')
    .replace(/\\+(?=[,= "\\]|$)/g, (slashes) => '/'.repeat(slashes.length))
    .replace(special, '\\$&')

function fieldOf(value: FieldValue, isEscaped: boolean): string {
  if (typeof value === 'number') return `${value}i`
  return isEscaped ? JSON.stringify(value) : `"${value.replace(/["\\]/g, '\\$&')}"`
}
