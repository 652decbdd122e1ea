import { expect, test } from 'bun:test'
import { DiskPace } from './disk-pace.ts'

test('DiskPace says once, a little later, how long slow calls let the spool wait together', async () => {
  const script = `
    import { DiskPace } from ${JSON.stringify(`${import.meta.dir}/disk-pace.ts`)}
    let nowMs = 0
    const pace = new DiskPace('udp-0', () => nowMs, 5)
    for (const window of [[1, 49, 60.4, 1_200.2, 300], [49, 49, 49, 49, 49, 60, 139], [400]]) {
      for (const ms of window) pace.timed(() => { nowMs += ms })
      await Bun.sleep(50)
    }`
  const child = Bun.spawn([process.execPath, '-e', script], { stderr: 'pipe', stdout: 'ignore' })
  const lines = (await new Response(child.stderr).text()).trim().split('\n')
  expect(await child.exited).toBe(0)
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { room: 'spool', lane: 'udp-0', waitedMs: 1_561, calls: 3, worstMs: 1_200 },
    { room: 'spool', lane: 'udp-0', waitedMs: 400, calls: 1, worstMs: 400 },
  ])
})

test('DiskPace passes on what the work throws', () => {
  const pace = new DiskPace('udp-0', () => 0)
  const work = () => {
    throw new Error('no space')
  }
  expect(() => pace.timed(work)).toThrow('no space')
})
