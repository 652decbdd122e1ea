// Who this task is, from ECS's metadata endpoint (ECS_CONTAINER_METADATA_URI_V4, a link-local address that
// only the task sees). On Fargate it does not name the service: then the setting fleet.service must.

export interface TaskMetadata {
  readonly cluster?: string
  readonly service?: string
  readonly task?: string
}

const WAIT_MS_MAX = 2_000
const BYTES_MAX = 256 * 1024

/** Empty outside of ECS, and when the endpoint does not answer properly: metrics must not stop a node. */
export async function readTaskMetadata(
  uri: string | undefined = process.env.ECS_CONTAINER_METADATA_URI_V4,
): Promise<TaskMetadata> {
  if (!uri) return {}
  try {
    const response = await fetch(`${uri}/task`, { signal: AbortSignal.timeout(WAIT_MS_MAX) })
    const text = await response.text()
    if (!response.ok || text.length > BYTES_MAX) return {}
    const { Cluster, ServiceName, TaskARN } = JSON.parse(text) as Record<string, unknown>
    return {
      ...named('cluster', lastPart(Cluster)),
      ...named('service', lastPart(ServiceName)),
      ...named('task', lastPart(TaskARN)),
    }
  } catch {
    return {}
  }
}

/** `arn:aws:ecs:REGION:ACCOUNT:cluster/NAME`, or the name alone. */
const lastPart = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.split('/').at(-1) : undefined

const named = (key: keyof TaskMetadata, value: string | undefined): TaskMetadata =>
  value === undefined ? {} : { [key]: value }
