// Secrets Manager and Parameter Store. The SDK is loaded only when a reference to them is there: it
// costs a node some 30 MB. AWS_ENDPOINT_URL, AWS_REGION and AWS_ACCESS_KEY_ID are taken from the
// environment that holds the other settings; everything else (roles, profiles) the SDK finds itself.
import { explainAwsError } from './aws-secret-errors.ts'
import type { Environment, SecretSource } from './secret-sources.ts'

const ANSWER_MS_MAX = 10_000
const CONNECT_MS_MAX = 3_000
/** Throttling and 5xx pass; the SDK waits between tries. */
const ATTEMPTS_MAX = 3

/** `${secret:aws:NAME}`: the current version of a secret; NAME may be an ARN. */
export const readAwsSecret: SecretSource = (name, env, limits) =>
  answered('Secrets Manager', name, env, limits?.answerMsMax, async (abortSignal) => {
    const { SecretsManager } = await import('@aws-sdk/client-secrets-manager')
    const client = new SecretsManager(clientOptions('SECRETS_MANAGER', name, env))
    try {
      const answer = await client.getSecretValue({ SecretId: name }, { abortSignal })
      return answer.SecretString ?? new TextDecoder().decode(answer.SecretBinary)
    } finally {
      client.destroy()
    }
  })

/** `${secret:ssm:NAME}`: a parameter, decrypted; NAME may be an ARN. */
export const readSsmParameter: SecretSource = (name, env, limits) =>
  answered('Parameter Store', name, env, limits?.answerMsMax, async (abortSignal) => {
    const { SSM } = await import('@aws-sdk/client-ssm')
    const client = new SSM(clientOptions('SSM', name, env))
    try {
      const asked = { Name: name, WithDecryption: true }
      const { Parameter } = await client.getParameter(asked, { abortSignal })
      return Parameter?.Value ?? ''
    } finally {
      client.destroy()
    }
  })

async function answered(
  service: 'Secrets Manager' | 'Parameter Store',
  name: string,
  env: Environment,
  answerMsMax = ANSWER_MS_MAX,
  ask: (signal: AbortSignal) => Promise<string>,
): Promise<string> {
  const signal = AbortSignal.timeout(answerMsMax)
  // The SDK looks for credentials without minding the signal.
  const late = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => late.reject(signal.reason))
  try {
    return await Promise.race([ask(signal), late.promise])
  } catch (cause) {
    const region = regionOf(name, env)
    const where = { service, name, region, endpoint: env.AWS_ENDPOINT_URL, answerMsMax }
    throw new Error(explainAwsError(cause, where), { cause })
  }
}

// arn:PARTITION:SERVICE:REGION:ACCOUNT:…: whoever gives an ARN has given the region.
const regionOf = (name: string, env: Environment): string | undefined =>
  (name.startsWith('arn:') ? name.split(':')[3] : undefined) ||
  env.AWS_REGION ||
  env.AWS_DEFAULT_REGION ||
  undefined

function clientOptions(service: 'SECRETS_MANAGER' | 'SSM', name: string, env: Environment) {
  const region = regionOf(name, env)
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  const sessionToken = env.AWS_SESSION_TOKEN
  return {
    maxAttempts: ATTEMPTS_MAX,
    requestHandler: { connectionTimeout: CONNECT_MS_MAX, requestTimeout: ANSWER_MS_MAX },
    ...(region ? { region } : {}),
    ...(endpoint ? { endpoint } : {}),
    ...(accessKeyId && secretAccessKey
      ? {
          credentials: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
        }
      : {}),
  }
}
