import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'

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

test('log takes another level in every thread at once', async () => {
  const script = `
    import { log } from '#log'
    const room = log.child({ room: 'x' })
    if (Bun.isMainThread) {
      room.info('main 1')
      const thread = new Worker(import.meta.url)
      thread.onmessage = () => {
        log.level = 'error'
        room.info('main 2')
        thread.onmessage = () => process.exit(0)
        thread.postMessage('again')
      }
    } else {
      room.info('thread 1')
      room.debug('thread 2')
      self.onmessage = () => {
        room.info('thread 3')
        room.error('thread 4')
        postMessage('done')
      }
      postMessage('ready')
    }`
  const path = join(import.meta.dir, `.log-${crypto.randomUUID()}.ts`)
  await Bun.write(path, script)
  using _ = { [Symbol.dispose]: () => rmSync(path) }
  const child = Bun.spawn([process.execPath, path], { stderr: 'pipe', stdout: 'ignore' })
  const text = await new Response(child.stderr).text()
  const said = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).msg)
  expect(said).toEqual(['main 1', 'thread 1', 'thread 4'])
})
