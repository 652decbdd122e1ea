// What commands say without a running program: help, and the settings that would be in force.
import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'
import { temporaryDirectory } from './program.ts'

const COMMANDS =
  'up capture serve load search call tail doctor fleet health policy simulate relay migrate shadow script user hand-over check-config'.split(
    ' ',
  )
describe('help', () => {
  test('calliope --help lists every command', async () => {
    const { code, out } = await run(['--help'])
    expect(code).toBe(0)
    expect([...out.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)].map(([, name]) => name!)).toEqual(COMMANDS)
  })

  test.each(COMMANDS)('calliope %s --help has an example whose flags exist', async (name) => {
    const { code, out, err } = await run([name, '--help'])
    expect([code, err]).toEqual([0, ''])
    const [head, example] = /^Example:\n {2}(.*)$/m.exec(out)!
    expect(out).toContain(head)
    expect(example).toStartWith(`calliope ${name}`)
    // A command of several words lists its flags with each.
    const words = /^Flags of each: /m.test(out) ? [...out.matchAll(/^ {2}([a-z-]+) {2,}\S/gm)] : []
    const helps = await Promise.all(words.map(([, word]) => run([name, word!, '--help'])))
    const texts = [out, ...helps.map(({ out }) => out)].join('\n')
    const listed = new Set([...texts.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, flag]) => flag!))
    const used = [...out.split(/^Flags/m)[0]!.matchAll(/--(?:no-)?([a-z-]+)/g)]
    expect(used.map(([, flag]) => flag!).filter((flag) => !listed.has(flag))).toEqual([])
  })

  test.each([
    ['serch', "no command 'serch'; did you mean 'search'? See: calliope --help"],
    ['constructor', "no command 'constructor'. See: calliope --help"],
    ['migrate toString', "migrate has no 'toString'; give one of homer7, homer-config."],
  ])('calliope %s says what there is', async (words, said) => {
    const { code, err } = await run(words.split(' '))
    expect(code).toBe(2)
    expect(err).toStartWith(`calliope: ${said}`)
  })

  test('calliope --version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(import.meta.dir, '../package.json'), 'utf8'))
    expect((await run(['--version'])).out).toBe(`calliope ${version}\n`)
  })
})

test('check-config shows every setting, its value and where it came from, and no secret', async () => {
  using other = temporaryDirectory()
  writeFileSync(
    join(other.path, 'calliope.toml'),
    '[spool]\nbytes_max = "20GB"\nflush = "10ms"\n[http]\ntoken = "open sesame"\n',
  )
  const { code, out } = await run(['check-config', '--spool-flush', '20ms'], {
    cwd: other.path,
    env: {
      CALLIOPE_SHARDS: '2',
      CALLIOPE_DATABASE: 'postgres://me:secret-word@db.internal/calliope',
    },
  })
  expect(code).toBe(0)
  expect(out).toMatch(/^spool\.bytes_max +20GB +calliope\.toml$/m)
  expect(out).toMatch(/^spool\.flush +20ms +--spool-flush$/m)
  expect(out).toMatch(/^intake\.shards +2 +CALLIOPE_SHARDS$/m)
  expect(out).toMatch(/^http\.token +\(hidden\) +calliope\.toml$/m)
  expect(out).toMatch(/^database +postgres:\/\/me:\*\*\*@db\.internal\/calliope /m)
  expect(out).not.toMatch(/sesame|secret-word/)
})
