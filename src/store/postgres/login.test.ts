import { expect, test } from 'bun:test'
import type { SQL } from 'bun'
import { Backoff } from '#backoff'
import { connect } from './connect.ts'
import { isLoginRefused, keepLogin, LoginKeeper } from './login.ts'
import { TestRole } from './test-role.ts'
import { testDatabase } from './test-server.ts'

const keeperOf = (...answers: (string | Error)[]) => {
  const state = { nowMs: 0, asked: 0 }
  const askAgain = async () => {
    const answer = answers[Math.min(state.asked++, answers.length - 1)]!
    if (answer instanceof Error) throw answer
    return answer
  }
  const options = { now: () => state.nowMs, backoff: new Backoff({ random: () => 0.5 }) }
  return { state, keeper: new LoginKeeper('one', askAgain, options) }
}

test('LoginKeeper asks once for all that are refused at the same time, and tells them all', async () => {
  const { state, keeper } = keeperOf('two')
  const renewed = await Promise.all([keeper.renew('one'), keeper.renew('one'), keeper.renew('one')])
  expect(renewed).toEqual(['two', 'two', 'two'])
  expect(state.asked).toBe(1)
})

test('LoginKeeper tells a latecomer with an old password the new one without asking', async () => {
  const { state, keeper } = keeperOf('two')
  await keeper.renew('one')
  expect(await keeper.renew('one')).toBe('two')
  expect(state.asked).toBe(1)
})

test('LoginKeeper asks less and less often while the secret is the same or cannot be read', async () => {
  const { state, keeper } = keeperOf('one', new Error('no answer'), 'one')
  const askedAt: number[] = []
  for (state.nowMs = 0; state.nowMs < 30_000; state.nowMs += 50) {
    const before = state.asked
    expect(await keeper.renew('one')).toBeUndefined()
    if (state.asked > before) askedAt.push(state.nowMs)
  }
  expect(askedAt.slice(0, 5)).toEqual([0, 100, 300, 700, 1500])
  expect(state.asked).toBeLessThan(12)
})

test('connect: a pool whose password was changed goes on with the new one; what runs ends in peace', async () => {
  await using database = await testDatabase()
  await using role = await TestRole.create(database, 'one')
  using _ = keepLogin(role.urlWith('one'), async () => role.urlWith('two'))
  const sql = connect({ url: role.urlWith('one'), max: 2 })
  const [busy, idle] = await Promise.all([sql.reserve(), sql.reserve()])
  idle.release()
  await using other = connect({ url: database.url, max: 1 })
  await other`select pg_advisory_lock(1)`
  const running = busy`select pg_advisory_lock(1), 'whole' as outcome`.execute()
  await until(async () => (await role.busyConnections()) === 1)
  await role.changePassword('two')
  expect(await role.dropConnections({ idleOnly: true })).toBe(1)
  await until(() => isAnswered(sql)) // whoever gets the dead connection hears that it is dead
  await other`select pg_advisory_unlock(1)`
  expect((await running)[0].outcome).toBe('whole')
  busy.release()
  await sql.close({ timeout: 1 })
})

test('connect: a new pool begins with what is known by now, and its caller hears of no refusal', async () => {
  await using database = await testDatabase()
  await using role = await TestRole.create(database, 'two')
  let asked = 0
  const askAgain = async () => {
    asked++
    return role.urlWith('two')
  }
  using _ = keepLogin(role.urlWith('one'), askAgain)
  for (const _pool of [1, 2]) {
    const sql = connect({ url: role.urlWith('one'), max: 1 })
    using connection = await sql.reserve()
    expect(await connection`select 1 as one`).toHaveLength(1)
    connection.release()
    await sql.close({ timeout: 1 })
  }
  expect(asked).toBe(1)
})

test('connect: without a keeper a refused login is an error as ever, and tells itself apart', async () => {
  await using database = await testDatabase()
  await using role = await TestRole.create(database, 'two')
  const sql = connect({ url: role.urlWith('one'), max: 1 })
  const error = await sql.reserve().catch((cause: unknown) => cause)
  expect(isLoginRefused(error)).toBe(true)
  expect(isLoginRefused(new Error('other'))).toBe(false)
  await sql.close({ timeout: 1 })
})

async function isAnswered(sql: SQL): Promise<boolean> {
  try {
    using fresh = await sql.reserve()
    return (await fresh`select 1 as one`).length === 1
  } catch (error) {
    if ((error as { errno?: string }).errno === '57P01') return false
    throw error
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await Bun.sleep(10)
}
