// What the tests of logging in share: the API over a real PostgreSQL with people in it, and how to ask it as
// somebody.
import { afterAll, beforeAll, expect } from 'bun:test'
import type { ApiOptions } from '../src/api/options.ts'
import { type Api, startApi } from '../src/api/start-api.ts'
import { openPeople } from '../src/store/people/people-store.ts'
import { migrate } from '../src/store/postgres/migrate.ts'
import { type TestDatabase, testDatabase } from '../src/store/postgres/test-server.ts'
import { MemoryStore } from './memory-store.ts'

export const PASSWORD = 'a horse, a battery'
const store = new MemoryStore()
export const { callId } = store.rows().find(({ method }) => method === 'INVITE')!

interface Answer {
  readonly status: number
  readonly code: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: whatever the route answers
  readonly body: any
  readonly headers: Headers
}

interface Asking {
  readonly cookie?: string
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly at?: Api
}

/** One API and its people, for the tests of one file. */
export class LoginApi {
  database!: TestDatabase
  people!: ReturnType<typeof openPeople>
  api!: Api

  constructor() {
    beforeAll(async () => {
      this.database = await testDatabase()
      await migrate(this.database.sql)
      this.people = openPeople(this.database.sql)
      this.api = await startApi(this.options())
    }, 60_000)
    afterAll(async () => {
      await this.api.close()
      await this.database[Symbol.asyncDispose]()
    })
  }

  /** For another server on the same people. */
  readonly options = (): ApiOptions => ({
    ...{ store, people: this.people, hostname: '127.0.0.1', port: 0 },
    retention: { hours: 336, bytesMax: 0 },
    readiness: () => ({ ready: true, missing: [] }),
  })

  readonly ask = async (
    method: string,
    path: string,
    { cookie, token, body, headers = {}, at = this.api }: Asking = {},
  ): Promise<Answer> => {
    const response = await fetch(at.url + path, {
      ...{ method, redirect: 'manual' },
      headers: {
        ...(cookie ? { cookie, 'x-calliope': '1', 'sec-fetch-site': 'same-origin' } : {}),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json')
    const parsed = isJson && text ? JSON.parse(text) : text
    return {
      status: response.status,
      code: parsed?.error?.code,
      body: parsed,
      headers: response.headers,
    }
  }

  /** The cookie of a session of this user. */
  readonly logIn = async (name: string, password = PASSWORD, at = this.api): Promise<string> => {
    const answer = await this.ask('POST', '/api/v1/session', { body: { name, password }, at })
    expect([name, answer.status]).toEqual([name, 200])
    return cookieOf(answer)
  }
}

export const cookieOf = ({ headers }: Answer) => headers.get('set-cookie')!.split(';')[0]!
