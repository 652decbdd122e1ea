// What the tests of the API over a real socket share: a server on a store in memory, ways to ask it, and
// what every error has to be.
import { afterAll, beforeAll, expect } from 'bun:test'
import { connect } from 'node:net'
import * as v from 'valibot'
import { ERRORS, type ErrorCode } from '../src/api/errors.ts'
import type { ApiOptions } from '../src/api/options.ts'
import { SCHEMAS } from '../src/api/schemas/schemas.ts'
import { type Api, startApi } from '../src/api/start-api.ts'
import { MemoryStore } from './memory-store.ts'

export const store = new MemoryStore()
export const { callId } = store
  .rows()
  .find(({ method, messageCount }) => method === 'INVITE' && messageCount > 10)!

/** A server on a free port of loopback; whoever starts it closes it. */
export const start = (options: Partial<ApiOptions> = {}): Promise<Api> =>
  startApi({
    store,
    hostname: '127.0.0.1',
    port: 0,
    readiness: () => ({ ready: true, missing: [] }),
    ...options,
  })

/** One server for the tests of a file, and how to ask it, or another one. */
export function sharedApi() {
  let api: Api
  beforeAll(async () => {
    api = await start()
  })
  afterAll(() => api.close())
  return {
    port: () => api.port,
    get: (path: string, init: RequestInit = {}, at = api) => fetch(at.url + path, init),
    raw: (request: string, { port } = api) => sendRaw(request, port),
  }
}

/** Sends bytes as they are, for what fetch would never send. */
const sendRaw = (request: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (bytes) => {
      answer += bytes
    })
    socket.on('error', reject).on('close', () => resolve(answer))
  })

export async function expectError(response: Response, code: ErrorCode) {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const { error } = v.parse(SCHEMAS.Error, await response.json())
  expect([error.code, response.status]).toEqual([code, ERRORS[code].status])
  expect(error.message).not.toBe('')
  expect(error.hint).not.toBe('')
  return error
}

/** The path of every GET route, filled in. */
export const pathOf = (template: string) =>
  template.replace('{callId}', encodeURIComponent(callId)).replaceAll(/\{\w+\}/g, '0')

/** The first message of the call, to make others of. */
export const fixtureMessage = () => new MemoryStore().first(callId)
