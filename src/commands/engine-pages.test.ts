import { expect, test } from 'bun:test'
import { engineMappings, giveBackEnginePages } from './engine-pages.ts'

const mapping = (range: string, rights: string, path: string, anonymousKb: number) =>
  [
    `${range} ${rights} 01838000 fe:00 5308989                            ${path}`,
    ...[
      'Size:              79944 kB',
      'Rss:               18592 kB',
      'Private_Dirty:         0 kB',
    ],
    `Anonymous:             ${anonymousKb} kB`,
    'VmFlags: rd ex mr mw me sd',
  ].join('\n')

test('engineMappings are those of the file that cannot be written to and never were', () => {
  const smaps = [
    mapping('00200000-01a39000', 'r--p', '/opt/a bun', 0),
    mapping('01a40000-0684a000', 'r-xp', '/opt/a bun', 0),
    mapping('0684a000-0685f000', 'rw-p', '/opt/a bun', 0),
    mapping('0685f000-06867000', 'r--p', '/opt/a bun', 12),
    mapping('7f0000000000-7f0000001000', 'r-xp', '/lib/libc.so.6', 0),
    mapping('7f0000002000-7f0000003000', 'r--s', '/opt/a bun', 0),
  ].join('\n')
  expect(engineMappings(smaps, '/opt/a bun')).toEqual([
    { from: 0x200000n, bytes: 0x1839000n },
    { from: 0x1a40000n, bytes: 0x4e0a000n },
  ])
})

test.if(process.platform === 'linux')(
  'giveBackEnginePages makes the process smaller, and it goes on',
  () => {
    const before = process.memoryUsage.rss()
    expect(giveBackEnginePages()).toBeGreaterThan(50e6)
    expect(process.memoryUsage.rss()).toBeLessThan(before - 4e6)
    expect([3, 1, 2].sort()).toEqual([1, 2, 3])
  },
)
