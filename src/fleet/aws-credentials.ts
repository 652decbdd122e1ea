// Credentials for AWS, found as every AWS client finds them: the environment, then the role of the ECS
// task or the EKS pod, then all the rest (web identity, the instance's role, profiles). The first two are
// a variable and one request; only the rest loads the SDK's chain, which costs a capture node 36 MB.
import { readFileSync } from 'node:fs'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Undefined: they do not end. */
  readonly expiration?: Date | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const ECS_ADDRESS = 'http://169.254.170.2'
const ANSWER_MS_MAX = 5_000
const RENEW_MS = 5 * 60_000

/** Finds credentials and keeps them until shortly before they end. */
export function awsCredentials(env: Environment = process.env): () => Promise<AwsCredentials> {
  let known: AwsCredentials | undefined
  return async () => {
    if (known && !endsSoon(known)) return known
    known = (await fromEnvironment(env)) ?? (await fromContainer(env)) ?? (await fromChain())
    return known
  }
}

const endsSoon = ({ expiration }: AwsCredentials): boolean =>
  expiration !== undefined && expiration.getTime() - Date.now() < RENEW_MS

async function fromEnvironment(env: Environment): Promise<AwsCredentials | undefined> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (!accessKeyId || !secretAccessKey) return undefined
  return { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN }
}

async function fromContainer(env: Environment): Promise<AwsCredentials | undefined> {
  const relative = env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  const url = relative ? `${ECS_ADDRESS}${relative}` : env.AWS_CONTAINER_CREDENTIALS_FULL_URI
  if (!url) return undefined
  const tokenFile = env.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
  const token = tokenFile
    ? readFileSync(tokenFile, 'utf8').trim()
    : env.AWS_CONTAINER_AUTHORIZATION_TOKEN
  const answer = await fetch(url, {
    ...(token ? { headers: { authorization: token } } : {}),
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  })
  if (!answer.ok)
    throw new Error(`${url} answered ${answer.status}: has this task or pod a role of its own?`)
  const role = (await answer.json()) as Record<string, string | undefined>
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey } = role
  if (!accessKeyId || !secretAccessKey) throw new Error(`${url} named no credentials`)
  return {
    ...{ accessKeyId, secretAccessKey, sessionToken: role.Token },
    expiration: role.Expiration ? new Date(role.Expiration) : undefined,
  }
}

async function fromChain(): Promise<AwsCredentials> {
  const { SSMClient } = await import('@aws-sdk/client-ssm')
  // Never used to ask anything: a client is how the SDK gives out its chain.
  const { config } = new SSMClient({ region: 'us-east-1' })
  return await config.credentials()
}
