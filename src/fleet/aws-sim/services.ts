// The services that are simulated: the prefix of X-Amz-Target they go by, the version of JSON they
// speak, and the SDK client whose descriptions they are held to (loaded when first needed).

export interface SimService {
  readonly key: 'ecs' | 'autoscaling' | 'cloudwatch' | 'discovery' | 'secrets' | 'ssm'
  readonly target: string
  readonly contentType: string
  readonly load: () => Promise<Readonly<Record<string, unknown>>>
}

export type ServiceKey = SimService['key']

const JSON_1_0 = 'application/x-amz-json-1.0'
const JSON_1_1 = 'application/x-amz-json-1.1'

export const SIM_SERVICES: readonly SimService[] = [
  {
    key: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    contentType: JSON_1_1,
    load: () => import('@aws-sdk/client-ecs'),
  },
  {
    key: 'autoscaling',
    target: 'AnyScaleFrontendService',
    contentType: JSON_1_1,
    load: () => import('@aws-sdk/client-application-auto-scaling'),
  },
  {
    key: 'cloudwatch',
    target: 'GraniteServiceVersion20100801',
    contentType: JSON_1_0,
    load: () => import('@aws-sdk/client-cloudwatch'),
  },
  {
    key: 'discovery',
    target: 'Route53AutoNaming_v20170314',
    contentType: JSON_1_1,
    load: () => import('@aws-sdk/client-servicediscovery'),
  },
  {
    key: 'secrets',
    target: 'secretsmanager',
    contentType: JSON_1_1,
    load: () => import('@aws-sdk/client-secrets-manager'),
  },
  {
    key: 'ssm',
    target: 'AmazonSSM',
    contentType: JSON_1_1,
    load: () => import('@aws-sdk/client-ssm'),
  },
]
