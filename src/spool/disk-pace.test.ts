import { expect, test } from 'bun:test'
import { DiskPace } from './disk-pace.ts'

test('DiskPace says once, a little later, how often the disk was slow and how slow at worst', async () => {
  const script = `
    import { DiskPace } from ${JSON.stringify(`${import.meta.dir}/disk-pace.ts`)}
    let nowMs = 0
    const pace = new DiskPace('udp-0', () => nowMs, 5)
    for (const ms of [1, 199, 250, 1_200.4, 300]) pace.timed(() => { nowMs += ms })
    await Bun.sleep(50)
    pace.timed(() => { nowMs += 400 })
    await Bun.sleep(50)`
  const child = Bun.spawn([process.execPath, '-e', script], { stderr: 'pipe', stdout: 'ignore' })
  const lines = (await new Response(child.stderr).text()).trim().split('\n')
  expect(await child.exited).toBe(0)
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { room: 'spool', lane: 'udp-0', worstMs: 1_200, calls: 3 },
    { room: 'spool', lane: 'udp-0', worstMs: 400, calls: 1 },
  ])
})

test('DiskPace passes on what the work throws', () => {
  const pace = new DiskPace('udp-0', () => 0)
  const work = () => {
    throw new Error('no space')
  }
  expect(() => pace.timed(work)).toThrow('no space')
})
