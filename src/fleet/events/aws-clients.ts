// The AWS clients, loaded when first used: a capture node never pays for them. They retry nothing by
// themselves; `call` does, so that every call is counted, waits can be tested, and an error says in our
// words what was asked and whether somebody else was quicker.
import type { ApplicationAutoScaling } from '@aws-sdk/client-application-auto-scaling'
import type { ECS, ECSClientConfig, Task } from '@aws-sdk/client-ecs'
import { CloudError } from './cloud.ts'
import { isConflict, type RetryOptions, withRetry } from './retry.ts'

export interface AwsOptions {
  /** Region, endpoint and credentials; by default as everywhere in AWS (environment, profile, role). */
  readonly client?: Pick<ECSClientConfig, 'region' | 'endpoint' | 'credentials' | 'requestHandler'>
  readonly retry?: RetryOptions
}

const OURS = {
  maxAttempts: 1,
  // Without throwOnRequestTimeout the handler only warns, and waits on.
  requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const

export class AwsClients {
  readonly #options: AwsOptions
  #ecs: Promise<ECS> | undefined
  #scaling: Promise<ApplicationAutoScaling> | undefined
  /** API calls so far, retries included. */
  calls = 0

  constructor(options: AwsOptions = {}) {
    this.#options = options
  }

  ecs<Reply>(what: string, ask: (ecs: ECS) => Promise<Reply>): Promise<Reply> {
    this.#ecs ??= import('@aws-sdk/client-ecs').then(
      (sdk) => new sdk.ECS({ ...OURS, ...this.#options.client }),
    )
    return this.#call(what, this.#ecs, ask)
  }

  scaling<Reply>(
    what: string,
    ask: (scaling: ApplicationAutoScaling) => Promise<Reply>,
  ): Promise<Reply> {
    this.#scaling ??= import('@aws-sdk/client-application-auto-scaling').then(
      (sdk) => new sdk.ApplicationAutoScaling({ ...OURS, ...this.#options.client }),
    )
    return this.#call(what, this.#scaling, ask)
  }

  async #call<Client, Reply>(
    what: string,
    loading: Promise<Client>,
    ask: (client: Client) => Promise<Reply>,
  ): Promise<Reply> {
    const client = await loading
    try {
      return await withRetry(() => {
        this.calls++
        return ask(client)
      }, this.#options.retry)
    } catch (cause) {
      throw awsError(what, cause)
    }
  }
}

const HINTS: Readonly<Record<string, string>> = {
  AccessDeniedException: 'The role may not do this; docs/events.md lists what it needs.',
  ClusterNotFoundException: 'Check the cluster and the region.',
  CredentialsProviderError: 'Give credentials: a role, AWS_PROFILE, or AWS_ACCESS_KEY_ID.',
  ExpiredTokenException: 'Log in again.',
}

function awsError(what: string, cause: unknown): CloudError {
  const { name, message } = cause as Error
  const regionless = /^Region (is missing|not accepted)/.test(message)
  const hint = regionless ? 'Set AWS_REGION, or give --region.' : HINTS[name]
  const text = `${what}: ${name}: ${message}${hint ? `\n${hint}` : ''}`
  return new CloudError('FLEET_AWS', text, { conflict: isConflict(cause), cause })
}

const PAGES_MAX = 50 // of 100 each: an ECS service has 5,000 tasks at most

/** All items of a paged list. */
export async function allPages<Item>(
  ask: (nextToken: string | undefined) => Promise<{
    readonly items: readonly Item[] | undefined
    readonly nextToken: string | undefined
  }>,
): Promise<readonly Item[]> {
  const all: Item[] = []
  let token: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const { items = [], nextToken } = await ask(token)
    all.push(...items)
    if (nextToken === undefined) break
    token = nextToken
  }
  return all
}

const TASKS_PER_DESCRIBE_MAX = 100

/** ARNs of the tasks of a service that are meant to live. */
export const listTasks = (
  aws: AwsClients,
  which: { cluster: string; serviceName: string; containerInstance?: string },
): Promise<readonly string[]> =>
  allPages(async (nextToken) => {
    const reply = await aws.ecs('list tasks', (ecs) =>
      ecs.listTasks({ ...which, desiredStatus: 'RUNNING', nextToken }),
    )
    return { items: reply.taskArns, nextToken: reply.nextToken }
  })

/** Tasks by their ARNs. */
export async function describeTasks(
  aws: AwsClients,
  cluster: string,
  arns: readonly string[],
): Promise<readonly Task[]> {
  const found: Task[] = []
  for (let from = 0; from < arns.length; from += TASKS_PER_DESCRIBE_MAX) {
    const tasks = arns.slice(from, from + TASKS_PER_DESCRIBE_MAX)
    const reply = await aws.ecs('describe tasks', (ecs) => ecs.describeTasks({ cluster, tasks }))
    found.push(...(reply.tasks ?? []))
  }
  return found
}
