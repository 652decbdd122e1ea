import { expect, test } from 'bun:test'
import { type Server, serve } from 'bun'
import { TaskProtection } from './task-protection.ts'

interface Recorded {
  readonly ProtectionEnabled: boolean
  readonly ExpiresInMinutes?: number
}

/** As strict as the agent: path, method, type and members are checked, anything else is refused. */
function ecsAgent(): {
  url: string
  asked: Recorded[]
  refuse?: Response
  server: Server<undefined>
} {
  const asked: Recorded[] = []
  const agent: ReturnType<typeof ecsAgent> = { asked } as never
  agent.server = serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      if (new URL(request.url).pathname !== '/api/0b1c/task-protection/v1/state')
        return new Response('404 page not found', { status: 404 })
      if (request.method !== 'PUT') return new Response('', { status: 405 })
      const body = (await request.json()) as Recorded
      const known = ['ProtectionEnabled', 'ExpiresInMinutes']
      const isGood =
        typeof body.ProtectionEnabled === 'boolean' &&
        Object.keys(body).every((key) => known.includes(key)) &&
        (body.ExpiresInMinutes === undefined ||
          (body.ProtectionEnabled && body.ExpiresInMinutes >= 1 && body.ExpiresInMinutes <= 2880))
      if (!isGood || request.headers.get('content-type') !== 'application/json')
        return Response.json({ error: { Code: 'InvalidParameterException' } }, { status: 400 })
      asked.push(body)
      if (agent.refuse) return agent.refuse.clone()
      const { ProtectionEnabled } = body
      return Response.json({ protection: { ProtectionEnabled, TaskArn: 'arn:aws:ecs:x' } })
    },
  })
  agent.url = `http://127.0.0.1:${agent.server.port}/api/0b1c`
  return agent
}

/** A protection whose time and backlog the test sets; `look` waits for the answer. */
function protectionOf(agentUrl: string) {
  const at = { ms: 0, bytes: 0 }
  const protection = new TaskProtection({
    ...{ agentUrl, limitBytes: 1_000, everyMs: 1_000_000 },
    backlogBytes: () => at.bytes,
    now: () => at.ms,
  })
  const look = async (bytes: number, ms = 2_000) => {
    at.bytes = bytes
    at.ms += ms
    protection.look()
    await Bun.sleep(0)
    for (let i = 0; i < 100 && protection.isAsking; i++) await Bun.sleep(1)
  }
  return { protection, look }
}

test('TaskProtection asks for protection above the limit, renews it, and gives it back below a quarter', async () => {
  const agent = ecsAgent()
  const { protection, look } = protectionOf(agent.url)
  await look(999)
  expect(agent.asked).toEqual([])
  await look(1_000)
  for (const bytes of [900, 1_100, 400, 251]) await look(bytes)
  const on = { ProtectionEnabled: true, ExpiresInMinutes: 10 }
  expect(agent.asked).toEqual([on])
  await look(600, 300_000)
  expect(agent.asked).toEqual([on, on])
  await look(249)
  for (const bytes of [0, 400, 999]) await look(bytes)
  expect(agent.asked).toEqual([on, on, { ProtectionEnabled: false }])
  expect(protection.isProtected).toBe(false)
  await protection.close()
  expect(agent.asked).toHaveLength(3)
  await agent.server.stop(true)
})

test('TaskProtection closed while it protects gives the protection back', async () => {
  const agent = ecsAgent()
  const { protection, look } = protectionOf(agent.url)
  await look(5_000)
  await protection.close()
  expect(agent.asked.at(-1)).toEqual({ ProtectionEnabled: false })
  await agent.server.stop(true)
})

test('TaskProtection counts failures, asks again seldom, and believes only what the agent confirms', async () => {
  const agent = ecsAgent()
  const { protection, look } = protectionOf(agent.url)
  agent.refuse = Response.json(
    { error: { Code: 'AccessDeniedException', Message: 'not authorized', Arn: 'x' } },
    { status: 400 },
  )
  for (let i = 0; i < 10; i++) await look(5_000)
  expect(agent.asked).toHaveLength(2) // in 20 seconds
  expect(protection.failures).toBe(2)
  // With 200, too, the agent may say no.
  agent.refuse = Response.json({ failure: { Reason: 'TASK_NOT_VALID', Detail: 'no service' } })
  await look(5_000, 15_000)
  expect(protection).toMatchObject({ isProtected: false, failures: 3 })
  delete agent.refuse
  await look(5_000, 15_000)
  expect(protection.isProtected).toBe(true)
  await agent.server.stop(true)
  await protection.close() // the agent is gone: nothing hangs, nothing is thrown
})
