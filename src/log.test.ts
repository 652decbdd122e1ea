import { expect, test } from 'bun:test'

const RUNS = 8 // a line that is written later is lost in every second one
const CHARS = 200_000 // more than a pipe takes at once

test('log has written its last line when the process exits right after it', async () => {
  const script = `
    import { log } from '#log'
    log.info('x'.repeat(${CHARS}))
    process.exit(3)`
  for (let run = 0; run < RUNS; run++) {
    const child = Bun.spawn([process.execPath, '-e', script], { stderr: 'pipe', stdout: 'ignore' })
    const text = await new Response(child.stderr).text()
    expect(await child.exited).toBe(3)
    expect(JSON.parse(text).msg.length).toBe(CHARS)
  }
})
