// What each role may do on each route, over real HTTP and a real PostgreSQL.
import { beforeAll, describe, expect, test } from 'bun:test'
import { hashPassword } from '../src/api/auth/passwords.ts'
import { ROUTES } from '../src/api/routes/routes.ts'
import { callId, LoginApi, PASSWORD } from './login-rig.ts'

const login = new LoginApi()
const { ask, logIn } = login

describe('each role on each route', () => {
  const RANK = { viewer: 0, engineer: 1, admin: 2 } as const
  const pathOf = (template: string) =>
    template.replace('{callId}', encodeURIComponent(callId)).replaceAll(/\{\w+\}/g, '0')
  const cookies: Record<string, string> = {}
  beforeAll(async () => {
    const passwordHash = await hashPassword(PASSWORD)
    for (const role of ['viewer', 'engineer', 'admin'] as const) {
      await login.people.addUser(`the-${role}`, role, passwordHash)
      cookies[role] = await logIn(`the-${role}`)
    }
  })
  const closed = ROUTES.filter(({ access, path }) => access !== 'open' && !path.endsWith('/live'))

  test.each(closed.map((route) => [route.method, route.path, route] as const))(
    '%s %s',
    async (method, path, { role = 'viewer', scope }) => {
      const body = method === 'POST' || method === 'PUT' ? {} : undefined
      expect((await ask(method, pathOf(path), { body })).status).toBe(401)
      for (const [asking, cookie] of Object.entries(cookies)) {
        const { code } = await ask(method, pathOf(path), { cookie, body })
        const isAllowed = RANK[asking as keyof typeof RANK] >= RANK[role]
        expect([asking, code === 'forbidden']).toEqual([asking, !isAllowed])
      }
      // What changes something is for more than looking; saved searches are one's own business.
      if (method !== 'GET' && !path.startsWith('/api/v1/searches'))
        expect(scope ?? 'admin').not.toBe('read')
    },
  )
})
