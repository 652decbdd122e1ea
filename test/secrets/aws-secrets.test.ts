// `${secret:aws:…}` and `${secret:ssm:…}` against a simulated AWS on loopback, asked by the real SDK.
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConfig, UsageError } from '../../src/config/index.ts'
import { askSecrets } from '../../src/config/secrets.ts'
import { type AwsSim, startAwsSim } from '../../src/fleet/aws-sim/start.ts'
import { run } from '../commands.ts'
import { temporaryDirectory } from '../program.ts'

const PASSWORD = 'p@ss:w/rd?#1%'
const ARN = 'arn:aws:secretsmanager:us-east-2:111122223333:secret:calliope-AbCdEf'
const DATABASE = `postgres://\${secret:aws:db#username}:\${secret:aws:db#password}@\${secret:aws:db#host}:\${secret:aws:db#port}/c`

let sim: AwsSim
beforeAll(() => {
  sim = startAwsSim()
  const { secrets, parameters } = sim.secrets
  const login = { host: 'db.internal', port: 5433, username: 'calliope', password: PASSWORD }
  secrets.set('db', JSON.stringify(login))
  secrets.set('token', 'a-plain-text')
  secrets.set('calliope-AbCdEf', '{"http_token":"by-arn"}')
  parameters.set('/calliope/hep-key', 'from-ssm')
})
beforeEach(() => {
  sim.calls.length = 0
})
afterAll(() => sim[Symbol.asyncDispose]())

const problemsOf = async (env: Record<string, string>) => {
  const error = await loadConfig([], { ...sim.env, ...env }).catch((cause: unknown) => cause)
  if (!(error instanceof UsageError)) throw error
  return error.problems.map(({ where, message }) => `${where}: ${message}`)
}

test('loadConfig takes members, whole texts and parameters from AWS, each asked for once', async () => {
  const { config } = await loadConfig([], {
    ...sim.env,
    CALLIOPE_DATABASE: DATABASE,
    CALLIOPE_HTTP_TOKEN: '${secret:aws:token}',
    CALLIOPE_INTAKE_KEYS: '${secret:ssm:/calliope/hep-key},second',
  })
  const { hostname, port, username, password } = new URL(config.database)
  expect([hostname, port, username]).toEqual(['db.internal', '5433', 'calliope'])
  expect(decodeURIComponent(password)).toBe(PASSWORD)
  expect(config['http.token']).toBe('a-plain-text')
  expect(config['intake.keys']).toEqual(['from-ssm', 'second'])
  expect(
    sim.calls.map(({ operation, input }) => JSON.stringify([operation, input])).sort(),
  ).toEqual([
    '["GetParameter",{"Name":"/calliope/hep-key","WithDecryption":true}]',
    '["GetSecretValue",{"SecretId":"db"}]',
    '["GetSecretValue",{"SecretId":"token"}]',
  ])
})

test('loadConfig asks all secrets at the same time', async () => {
  sim.faults.plan('*', { kind: 'slow', waitMs: 400 }, 3)
  const startedAt = performance.now()
  await loadConfig([], {
    ...sim.env,
    CALLIOPE_DATABASE: DATABASE,
    CALLIOPE_HTTP_TOKEN: '${secret:aws:token}',
    CALLIOPE_INTAKE_KEYS: '${secret:ssm:/calliope/hep-key}',
  })
  expect(performance.now() - startedAt).toBeLessThan(1100)
})

test('loadConfig asks for an ARN in the region of the ARN, so that none has to be set', async () => {
  const { AWS_REGION: _, ...env } = sim.env
  const { config } = await loadConfig([], {
    ...env,
    CALLIOPE_HTTP_TOKEN: `\${secret:aws:${ARN}#http_token}`,
  })
  expect(config['http.token']).toBe('by-arn')
})

test('loadConfig waits out a throttled or unwell AWS', async () => {
  sim.faults.plan('GetSecretValue', { kind: 'throttle' })
  sim.faults.plan('GetSecretValue', { kind: 'server-error' })
  const { config } = await loadConfig([], {
    ...sim.env,
    CALLIOPE_HTTP_TOKEN: '${secret:aws:token}',
  })
  expect(config['http.token']).toBe('a-plain-text')
})

const KMS = 'Access to KMS is not allowed'
const EXPLAINED: readonly (readonly [string, string, string, RegExp])[] = [
  ['aws', 'ResourceNotFoundException', '', /has no '.*'; check the name, the account and the reg/],
  ['aws', 'InvalidRequestException', 'marked', /marked for deletion.*restore-secret/],
  ['aws', 'InvalidParameterException', '', /does not take '.*' as a name/],
  ['aws', 'DecryptionFailure', '', /cannot decrypt '.*'; let the role do kms:Decrypt/],
  [
    'aws',
    'AccessDeniedException',
    'no',
    /may not read '.*' in .*; allow secretsmanager:GetSecretValue/,
  ],
  ['aws', 'AccessDeniedException', KMS, /cannot decrypt '.*'; let the role do kms:Decrypt/],
  ['aws', 'ExpiredTokenException', '', /does not take the credentials.*give others/],
  ['aws', 'SomethingNewException', 'odd', /answered SomethingNewException: odd/],
  ['ssm', 'ParameterNotFound', '', /Parameter Store in eu-central-1 has no '.*'; check the name/],
  ['ssm', 'ParameterVersionNotFound', '', /not in that version; leave out the version/],
  ['ssm', 'AccessDeniedException', '', /allow ssm:GetParameter/],
  ['ssm', 'InvalidKeyId', '', /let the role do kms:Decrypt/],
]

test('loadConfig tells every refusal of AWS apart, all at once, and says what to do about each', async () => {
  const references = EXPLAINED.map(([source, fault, message], i) => {
    sim.secrets.refuse(`refused-${i}`, fault, message)
    return `\${secret:${source}:refused-${i}}`
  })
  const secrets = await askSecrets(references, sim.env)
  for (const [i, [, fault, , expected]] of EXPLAINED.entries()) {
    const fill = () => secrets.fill(references[i]!)
    expect(fill, fault).toThrow(expected)
    expect(fill, fault).toThrow(references[i]!)
  }
})

test('loadConfig says what a secret lacks without showing what it has', async () => {
  const problems = await problemsOf({
    CALLIOPE_HTTP_TOKEN: '${secret:aws:token#password}',
    CALLIOPE_DATABASE: 'postgres://c:${secret:aws:db#pasword}@db/c',
    CALLIOPE_INTAKE_KEYS: '${secret:ssm:/nowhere}',
    CALLIOPE_RELAY_TOKEN: '${secret:env:ABSENT}',
  })
  const parts = [
    "${secret:aws:db#pasword}: the secret has no text or number named 'pasword'; it has host, port",
    "CALLIOPE_HTTP_TOKEN: ${secret:aws:token#password}: the secret is not JSON, so it has no member 'password'",
    "Parameter Store in eu-central-1 has no '/nowhere'",
    'the environment has no ABSENT',
  ]
  for (const part of parts) expect(problems.join('\n')).toContain(part)
  expect(problems).toHaveLength(parts.length)
  expect(problems.join('\n')).not.toMatch(/a-plain-text|p@ss/)
})

test('askSecrets gives up an AWS that does not answer, or that is not there, and says so', async () => {
  using silent = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Promise(() => {}) })
  const ask = async (AWS_ENDPOINT_URL: string) => {
    const asked = await askSecrets(
      ['${secret:aws:db}'],
      { ...sim.env, AWS_ENDPOINT_URL },
      { answerMsMax: 300 },
    )
    return () => asked.fill('${secret:aws:db}')
  }
  expect(await ask(silent.url.href)).toThrow('did not answer within 0.3 s; check the way there')
  silent.stop(true)
  expect(await ask('http://127.0.0.1:1')).toThrow(
    /127\.0\.0\.1:1 (cannot be reached|did not answer)/,
  )
})

test('check-config names missing credentials and a missing region beside all else, and exits with 2', async () => {
  using home = temporaryDirectory()
  writeFileSync(join(home.path, 'vault.json'), '{"data":{"data":{"token":"of-vault"}}}')
  const vault = `\${secret:file:${home.path}/vault.json#data.data.token}`
  const env = { PATH: process.env.PATH ?? '', HOME: home.path, AWS_EC2_METADATA_DISABLED: 'true' }
  const asked = await run(['check-config', '--intake-shards', '0', '--http-token', vault], {
    env: {
      ...env,
      CALLIOPE_RELAY_TOKEN: '${secret:ssm:/calliope/token}',
      CALLIOPE_RELAY_KEY: `\${secret:aws:${ARN}}`,
    },
  })
  expect([asked.code, asked.out, asked.err]).toEqual([2, '', expect.any(String) as never])
  expect(asked.err).toContain('--intake-shards')
  expect(asked.err).toContain('no region to ask Parameter Store in; set AWS_REGION')
  expect(asked.err).toContain('there are no credentials to ask Secrets Manager in us-east-2 with')
  expect(asked.err).not.toContain('--http-token')
})
