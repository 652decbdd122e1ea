import { expect, test } from 'bun:test'
import { serve } from 'bun'
import { awsCredentials } from './aws-credentials.ts'
import { spotNotice } from './spot-notice.ts'

/** IMDSv2: nothing without a token that this service gave out. */
function metadataService() {
  const state = { notice: undefined as object | undefined, token: 'first', refusals: 0, asked: 0 }
  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      const { pathname } = new URL(request.url)
      if (pathname === '/latest/api/token') {
        const seconds = Number(request.headers.get('x-aws-ec2-metadata-token-ttl-seconds'))
        if (request.method !== 'PUT' || !(seconds >= 1 && seconds <= 21_600))
          return new Response('', { status: 400 })
        return new Response(state.token)
      }
      if (request.headers.get('x-aws-ec2-metadata-token') !== state.token) {
        state.refusals += 1
        return new Response('', { status: 401 })
      }
      state.asked += 1
      if (pathname !== '/latest/meta-data/spot/instance-action' || !state.notice)
        return new Response('', { status: 404 })
      return Response.json(state.notice)
    },
  })
  return { state, server, url: `http://127.0.0.1:${server.port}` }
}

test('spotNotice asks with a token, renews one that ended, and resolves with the time that is left', async () => {
  const { state, server, url } = metadataService()
  const stopping = new AbortController()
  const notice = spotNotice({ metadataUrl: url, everyMs: 5, signal: stopping.signal })
  while (state.asked < 3) await Bun.sleep(1)
  state.token = 'second'
  while (state.refusals < 1) await Bun.sleep(1)
  state.notice = { action: 'terminate', time: '2026-11-21T10:00:00Z' }
  expect(await notice).toEqual({ action: 'terminate', atMs: Date.UTC(2026, 10, 21, 10) })
  expect(state.refusals).toBe(1)
  await server.stop(true)
})

test('spotNotice goes on where there is no metadata service, and ends with its signal', async () => {
  const stopping = new AbortController()
  const outcome = Promise.race([
    spotNotice({ metadataUrl: 'http://127.0.0.1:1', everyMs: 5, signal: stopping.signal }),
    Bun.sleep(60).then(() => 'no notice'),
  ])
  expect(await outcome).toBe('no notice')
  stopping.abort()
})

test('awsCredentials come from the environment, or from the role of the task, and are renewed', async () => {
  const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' }
  expect(await awsCredentials(keys)()).toMatchObject({ accessKeyId: 'a', sessionToken: 'c' })
  let asked = 0
  const server = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request) => {
      if (request.headers.get('authorization') !== 'secret')
        return new Response('', { status: 403 })
      asked += 1
      // The first is about to end: it is asked for again.
      const Expiration = new Date(Date.now() + (asked === 1 ? 60_000 : 3_600_000)).toISOString()
      return Response.json({
        AccessKeyId: `k${asked}`,
        SecretAccessKey: 's',
        Token: 't',
        Expiration,
      })
    },
  })
  const url = `http://127.0.0.1:${server.port}/creds`
  const pod = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: url,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: 'secret',
  }
  const credentials = awsCredentials(pod)
  expect((await credentials()).accessKeyId).toBe('k1')
  expect((await credentials()).accessKeyId).toBe('k2')
  expect((await credentials()).accessKeyId).toBe('k2')
  const wrong = awsCredentials({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url })
  await expect(wrong()).rejects.toThrow('answered 403: has this task or pod a role of its own?')
  await server.stop(true)
})
