// Passwords that change under load. A capture node reads its login from a file (the user) and from a
// simulated Secrets Manager (the password) and is never restarted:
//
//   1  same user, new password     as RDS rotates its master user
//   2  the other user takes over   as rotation with two users does it; the file is read again
//
// Each time every connection is cut, so that all of them have to log in again.
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAwsSim } from '../../src/fleet/aws-sim/start.ts'
import { TestRole } from '../../src/store/postgres/test-role.ts'
import { testDatabase } from '../../src/store/postgres/test-server.ts'
import { traffic } from '../agent-frames.ts'
import { ask, settledLedger, startProgram, temporaryDirectory, until } from '../program.ts'
import { SEND } from '../senders.ts'

test('a node whose database password changes twice under load goes on and loses nothing', async () => {
  await using sim = startAwsSim()
  await using database = await testDatabase()
  await using first = await TestRole.create(database, 'pass-one')
  await using second = await TestRole.create(database, 'pass-three')
  using directory = temporaryDirectory()
  const userFile = join(directory.path, 'user.json')
  const setUser = ({ name }: TestRole) => writeFileSync(userFile, JSON.stringify({ user: name }))
  const setPassword = (password: string) =>
    sim.secrets.secrets.set('db', JSON.stringify({ password }))
  setUser(first)
  setPassword('pass-one')
  const { host, pathname } = new URL(database.url)
  const url = `postgres://\${secret:file:${userFile}#user}:\${secret:aws:db#password}@${host}${pathname}`
  const flags = ['--database', url, '--data-dir', directory.path, '--store-batch-wait', '50ms']
  const node = await startProgram(flags, { command: 'capture', env: sim.env })

  let sent = 0
  const stopping = new AbortController()
  const load = (async () => {
    for (let seed = 1; !stopping.signal.aborted; seed++) {
      const frames = traffic(10, seed)
      await SEND.tcp(node, frames)
      sent += frames.length
      await Bun.sleep(20)
    }
  })()
  // The database answers 503 while there is no login to it.
  const storedOver = (least: number) =>
    until(
      () => ask<{ stored: number }>(node, '/api/v1/ledger'),
      ({ stored }) => stored > least,
    )
  const storedMore = async () => storedOver((await storedOver(0)).stored + 50)
  const changed = () => node.lines.filter(({ msg }) => msg.startsWith('the secret of the database'))
  const refused = () => node.lines.filter(({ msg }) => msg.startsWith('the database refuses'))
  await storedMore()

  // The database is first; the secret follows when the refusal has been told.
  await first.changePassword('pass-two')
  expect(await first.dropConnections()).toBeGreaterThan(1)
  await until(
    async () => refused().length,
    (count) => count === 1,
  )
  setPassword('pass-two')
  await storedMore()
  expect(changed()).toHaveLength(1)

  setUser(second)
  setPassword('pass-three')
  await first.forbidLogin()
  await first.dropConnections()
  await storedMore()
  expect(changed()).toHaveLength(2)
  expect(refused()).toHaveLength(1)

  stopping.abort()
  await load
  const ledger = await settledLedger(node, sent)
  expect(ledger).toMatchObject({ received: sent, stored: sent, pending: 0, balanced: true })
  // Told by the heartbeat, once a second.
  await until(
    async () => (await fetch(`${node.url}/readyz`)).status,
    (status) => status === 200,
  )
  expect(await node.stop()).toBe(0)
  expect(JSON.stringify(node.lines)).not.toMatch(/pass-(one|two|three)/)
}, 60_000)
