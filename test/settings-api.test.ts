// What administrators set, over real HTTP and a real PostgreSQL.
import { beforeAll, describe, expect, test } from 'bun:test'
import { hashPassword } from '../src/api/auth/passwords.ts'
import { LoginApi, PASSWORD } from './login-rig.ts'

const login = new LoginApi()
const { ask, logIn } = login
beforeAll(async () => login.people.addUser('anna', 'admin', await hashPassword(PASSWORD)))

describe('from the first user on', () => {
  test('settings come back as they were put in, and say what is wrong at the field', async () => {
    const cookie = await logIn('anna')
    const put = (path: string, body: unknown) =>
      ask('PUT', `/api/v1/settings/${path}`, { cookie, body })
    const aliases = {
      aliases: [
        { address: '10.0.0.0/8', name: 'core' },
        { address: '[::1]:5060', name: 'here' },
      ],
    }
    expect((await put('aliases', aliases)).body).toEqual(aliases)
    expect((await ask('GET', '/api/v1/aliases', { cookie })).body.aliases).toHaveLength(2)
    const bad = { aliases: [{ address: '10.0.0.0/40', name: '' }] }
    expect(Object.keys((await put('aliases', bad)).body.error.fields)).toEqual([
      ...['aliases.0.address', 'aliases.0.name'],
    ])
    expect((await put('retention', { hours: 48, bytesMax: null })).body).toEqual({
      setting: { hours: 48, bytesMax: null },
      inForce: { hours: 48, bytesMax: 0 },
    })
    expect((await put('retention', { hours: 0, bytesMax: null })).body.error.fields).toEqual({
      hours: 'at least 1',
    })
    const key = await ask('POST', '/api/v1/settings/agent-keys', { cookie, body: { name: 'edge' } })
    expect(key.body.key).toMatch(/^[\w-]{43}$/)
    const kept = JSON.stringify(
      await login.database.sql`select name, key_hash::text from agent_keys`,
    )
    expect(kept).not.toContain(key.body.key)
    expect(
      (await ask('DELETE', `/api/v1/settings/agent-keys/${key.body.id}`, { cookie })).status,
    ).toBe(200)
  })
})
