// What the module's users would write: one estate, and the policies of the presets.
import {
  CALLIOPE,
  CALLIOPE_FORECAST,
  CPU_MEMORY,
  TWO_LEVEL,
  UP_EARLY_DOWN_SLOWLY,
} from '../../src/fleet/policy/presets.ts'
import { toTerraform } from '../../src/fleet/policy/to-terraform.ts'
import type { Variables } from '../../tools/tf-schema-provider/plan.ts'

const secret = (name: string) =>
  `arn:aws:secretsmanager:eu-central-1:111122223333:secret:${name}-AbCdEf`

/** The presets, as `calliope policy` prints them. */
export const scaling = {
  calliope: toTerraform(CALLIOPE),
  cpuMemory: toTerraform(CPU_MEMORY),
  twoLevel: toTerraform(TWO_LEVEL),
  upEarly: toTerraform(UP_EARLY_DOWN_SLOWLY),
  forecast: toTerraform(CALLIOPE_FORECAST),
}

/** All the capture module must be told. */
export const estate = {
  image: `registry.example/calliope@sha256:${'0123456789abcdef'.repeat(4)}`,
  network: {
    vpc_id: 'vpc-0aaaaaaaaaaaaaaa1',
    subnet_ids: ['subnet-0aaaaaaaaaaaaaaa1', 'subnet-0aaaaaaaaaaaaaaa2'],
    sender_cidrs: ['10.20.0.0/16', '10.21.0.0/16'],
  },
  database: {
    host: 'db.internal',
    secret_arn: secret('db'),
    security_group_ids: ['sg-0ddddddddddddddd1'],
  },
  secrets: { http_token: { arn: secret('app') } },
  scaling: scaling.calliope,
} satisfies Variables

/** The same with everything that may be asked for. */
export const estateWithAll = {
  ...estate,
  image_repository_arn: 'arn:aws:ecr:eu-central-1:111122223333:repository/calliope',
  network: { ...estate.network, admin_cidrs: ['10.99.0.0/24'] },
  secrets: {
    http_token: { arn: secret('app') },
    agent_keys: { arn: secret('keys') },
    kms_key_arns: [
      'arn:aws:kms:eu-central-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
    ],
  },
  kms_key_arn: 'arn:aws:kms:eu-central-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef',
  tls: { certificate_arn: 'arn:aws:acm:eu-central-1:111122223333:certificate/01234567' },
  execute_command: true,
  spool: { gib: 300, ebs: true },
  service_discovery: { namespace_id: 'ns-0123456789abcdef' },
  alarms: { topic_arns: ['arn:aws:sns:eu-central-1:111122223333:alarms'] },
  schedules: { office: { schedule: 'cron(0 7 ? * MON-FRI *)', min: 4, max: 20 } },
} satisfies Variables

/** As HEP ingestion ran at the SIP test lab: half a CPU, a gigabyte, slow checks, a shell. */
export const source0 = {
  ...estate,
  scaling: scaling.cpuMemory,
  compute: { kind: 'fargate', cpu: 512, memory_mib: 1024 },
  health_check: { interval: 30, healthy: 3, unhealthy: 2 },
  execute_command: true,
} satisfies Variables
