import { expect, test } from 'bun:test'
import { Family } from './family.ts'
import { HistogramCell } from './histogram.ts'

const counter = () => ({ value: 0 })

test('Family keeps one value for each set of labels', () => {
  const family = new Family(counter)
  family.at('a', '').value += 1
  family.at('', 'a').value += 2
  family.at('a', '').value += 3
  expect(family.series).toEqual([
    { labels: ['a', ''], value: { value: 4 } },
    { labels: ['', 'a'], value: { value: 2 } },
  ])
})

test('Family counts what it has no room for together, and says how often', () => {
  const family = new Family(counter, 2)
  for (const label of ['a', 'b', 'c', 'd', 'a']) family.at(label).value += 1
  expect(family.series.map(({ labels, value }) => [labels[0]!, value.value])).toEqual([
    ['a', 2],
    ['b', 1],
    ['other', 2],
  ])
  expect(family.refused).toBe(2)
})

test('Family cuts labels that are too long, and takes those that begin alike for one', () => {
  const family = new Family(counter)
  family.at(`${'x'.repeat(128)}1`).value += 1
  family.at(`${'x'.repeat(128)}2`).value += 1
  expect(family.series).toEqual([{ labels: ['x'.repeat(128)], value: { value: 2 } }])
})

test('HistogramCell counts at or below each bound', () => {
  const cell = new HistogramCell([1, 2])
  for (const value of [0.5, 1, 1.5, 2, 7]) cell.observe(value)
  expect(cell.cumulative).toEqual([2, 4, 5])
  expect(cell.sum).toBe(12)
})
