// `calliope doctor --spool` on what a program that was killed left behind.
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'
import { truePackets } from './fixtures/oracle.ts'
import { startProgram, temporaryDirectory } from './program.ts'
import { SEND } from './senders.ts'

describe('doctor', () => {
  test('doctor --spool finds a whole spool whole, and names the place of a flipped bit', async () => {
    using other = temporaryDirectory()
    // A database that is away leaves everything in the spool; a kill leaves it as it is.
    const away = 'postgres://calliope@127.0.0.1:1/calliope'
    const node = await startProgram(['--data-dir', other.path, '--database', away])
    await SEND.http(
      node,
      truePackets().map(({ hep }) => hep),
    )
    await node.kill()
    const clean = await run(['doctor', '--spool', '--data-dir', other.path])
    expect([clean.code, clean.err]).toEqual([0, ''])
    expect(clean.out).toContain('970')

    const lane = join(other.path, 'spool', 'http')
    const file = join(lane, readdirSync(lane).find((name) => name.endsWith('.spool'))!)
    const bytes = readFileSync(file)
    const at = Math.floor(bytes.length / 2)
    bytes[at] = bytes[at]! ^ 0x10
    writeFileSync(file, bytes)
    const damaged = await run(['doctor', '--spool', '--data-dir', other.path])
    expect(damaged.code).toBe(1)
    const [, from, length, lost] =
      /^lane http\n(?: .*\n)* {2}DAMAGED file 1 at byte (\d+), ([\d,]+) bytes: .* (\d+) frames lost$/m.exec(
        damaged.out,
      )!
    expect(Number(from)).toBeLessThanOrEqual(at)
    expect(Number(from) + Number(length!.replaceAll(',', ''))).toBeGreaterThan(at)
    expect(Number(lost)).toBeWithin(1, 970)
    expect(damaged.out).toContain(`damaged: 1 place, ${lost} frames known to be lost`)
  })
})
