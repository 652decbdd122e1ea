import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { migrate } from '../postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../postgres/test-server.ts'
import { SavedSearches } from './saved-searches.ts'

setDefaultTimeout(60_000) // the first test of a run starts a server
let database: TestDatabase
let searches: SavedSearches
beforeAll(async () => {
  database = await testDatabase()
  await migrate(database.sql)
  searches = new SavedSearches(database.sql)
})
afterAll(() => database[Symbol.asyncDispose]())

const search = (owner: string, name: string, more = {}) => ({
  ...{ owner, name, q: 'outcome:failed', from: '-1h', to: '', shared: false, ...more },
})

test('SavedSearches shows one’s own and what is shared, and replaces one of the same name', async () => {
  const mine = (await searches.save(search('ann', 'Failures')))!
  await searches.save(search('ann', 'busy', { shared: true }))
  await searches.save(search('bob', 'Failures', { q: 'status:5xx' }))
  expect((await searches.list('ann')).map(({ name }) => name)).toEqual(['busy', 'Failures'])
  expect((await searches.list('bob')).map(({ owner, name }) => `${owner} ${name}`)).toEqual([
    'ann busy',
    'bob Failures',
  ])
  const again = (await searches.save(search('ann', 'Failures', { q: 'status:4xx' })))!
  expect([again.id, again.q, again.from]).toEqual([mine.id, 'status:4xx', '-1h'])

  expect(await searches.remove(mine.id, 'bob')).toBe(false)
  expect(await searches.remove(mine.id, 'ann')).toBe(true)
  expect(await searches.remove(mine.id, undefined)).toBe(false)
})

test('SavedSearches refuses more than one may have, but still replaces', async () => {
  for (let i = 0; i < 200; i += 1) await searches.save(search('eve', `s${i}`))
  expect(await searches.save(search('eve', 'one more'))).toBeUndefined()
  expect((await searches.save(search('eve', 's7', { q: 'x' })))?.q).toBe('x')
})
