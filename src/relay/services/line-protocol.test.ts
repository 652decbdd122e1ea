import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Point, writePoint } from './line-protocol.ts'

/** Reads a line as InfluxDB documents the grammar, and knows nothing of how it was written. */
function readLine(line: string): Point & { quoted: Record<string, string> } {
  let at = 0
  const bareUntil = (ends: string): string => {
    let text = ''
    while (at < line.length && !ends.includes(line[at]!)) {
      if (line[at] === '\\' && ',= '.includes(line[at + 1] ?? '?')) at++
      text += line[at++]
    }
    return text
  }
  const quotedText = (): string => {
    let text = ''
    for (at++; line[at] !== '"'; at++) {
      if (at >= line.length) throw new Error('the text has no end')
      if (line[at] === '\\' && '"\\'.includes(line[at + 1] ?? '?')) at++
      text += line[at]
    }
    at++
    return text
  }
  const measurement = bareUntil(', ')
  const tags: Record<string, string> = {}
  while (line[at] === ',') {
    at++
    const name = bareUntil('=')
    at++
    tags[name] = bareUntil(', ')
  }
  const fields: Record<string, string | number> = {}
  const quoted: Record<string, string> = {}
  do {
    at++
    const name = bareUntil('=')
    at++
    if (line[at] === '"') fields[name] = quoted[name] = quotedText()
    else fields[name] = Number(/^(-?\d+)i$/.exec(bareUntil(', '))![1])
  } while (line[at] === ',')
  const atNs = /^ (\d+)\n$/.exec(line.slice(at))![1]!
  return { measurement, tags, fields, atNs, quoted }
}

/** What a bare name can hold: the rest is changed, which the next test is about. */
const name = fc
  .string({ minLength: 1, unit: fc.constantFrom(...'abZ09_, ="é:\\/') })
  .filter((text) => !/\\([,= "\\]|$)/.test(text))
const anyText = fc.string({ unit: 'binary' })
const points = fc.record({
  measurement: name.filter((text) => !/=/.test(text)),
  tags: fc.dictionary(name, name, { noNullPrototype: true }),
  fields: fc.dictionary(name, fc.oneof(anyText, fc.maxSafeInteger()), {
    ...{ minKeys: 1, noNullPrototype: true },
  }),
  atNs: fc.nat().map(String),
})

test('writePoint is read back as it was, whatever texts hold', () => {
  fc.assert(
    fc.property(points, (point) => {
      const { quoted: _, ...read } = readLine(writePoint(point, false))
      expect(read).toEqual(point)
    }),
  )
})

test('writePoint, escaped, gives one line whatever texts hold, and JSON gives them back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), anyText, (tag, text) => {
      const point = { measurement: 'm', tags: { t: `a${tag}b` }, fields: { f: text }, atNs: '1' }
      const line = writePoint(point, true)
      expect(line.split('\n')).toHaveLength(2)
      expect(readLine(line).quoted.f).toBe(unquoteOnce(JSON.stringify(text)))
    }),
  )
})

// A reader of line protocol knows \" and \\ and leaves the other escapes to who reads the text.
const unquoteOnce = (json: string): string => json.slice(1, -1).replace(/\\(["\\])/g, '$1')

test.each([
  ['a\nb', 'a b'],
  ['ends in \\', 'ends\\ in\\ /'],
  ['a\\,b', 'a/\\,b'],
])('writePoint changes what a tag cannot hold: %j', (tag, written) => {
  const line = writePoint({ measurement: 'm', tags: { t: tag }, fields: { f: 1 }, atNs: '1' }, true)
  expect(line).toBe(`m,t=${written.replace(/(?<!\\) /g, '\\ ')} f=1i 1\n`)
})
