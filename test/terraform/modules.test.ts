// The modules beside capture, and the examples as wholes.
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ecs from '@aws-sdk/client-ecs'
import { loadConfig } from '../../src/config/index.ts'
import { operationShape, shapeFaults } from '../../src/fleet/aws-sim/shapes.ts'
import { parseFleetConfig } from '../../src/fleet/events/config.ts'
import { RECONCILER_GRANTS } from '../../src/fleet/events/iam.ts'
import { type Plan, plansOf, type Variables } from '../../tools/tf-schema-provider/plan.ts'
import { hasTerraform } from '../../tools/tf-schema-provider/terraform.ts'
import { expectNarrowTrust, grantsOf, statementsOf, tooWide } from './iam.ts'
import { containerOf, PLANNING_MS_MAX, settingsOf, valuesOfSecrets } from './plans.ts'
import { estate, scaling } from './variables.ts'

const folder = mkdtempSync(join(tmpdir(), 'lambda-'))
afterAll(() => rmSync(folder, { recursive: true }))
const zip = join(folder, 'events.zip')
writeFileSync(zip, 'stands for the function')

const database = (load: object, more: object = {}) => ({
  ...{ vpc_id: 'vpc-1', subnet_ids: estate.network.subnet_ids, load, ...more },
})

const guard = { package: zip, cluster_name: 'voip' }
const parts = {
  spot: { service: 'calliope', on_demand_service: 'calliope-stand-in', most: 4 },
  per_host: { service: 'calliope-agent' },
  fast_metrics: { service: 'calliope' },
  connections: { service: 'calliope', available: 400 },
}

const complete = {
  ...{ image: estate.image, scaling: scaling.calliope, lambda_package: zip },
  ...{ vpc_id: 'vpc-1', private_subnet_ids: estate.network.subnet_ids },
  sender_cidrs: ['10.20.0.0/16'],
  secret_arn: estate.secrets.http_token.arn,
  tls_certificate_arn: 'arn:aws:acm:eu-central-1:111122223333:certificate/01234567',
  admin_cidrs: ['10.99.0.0/24'],
  public_url: 'https://calliope.example',
  monitoring: { vendor_account_id: '123456789012', external_id: 'a-secret-of-their-own' },
} satisfies Variables

describe.if(hasTerraform())('the modules beside capture', () => {
  let databases: Record<'small' | 'middle' | 'large', Plan>
  let guards: Record<'all' | 'spotOnly' | 'idle', Plan>
  let role: Plan
  let examples: Record<'minimal' | 'complete', Plan>

  beforeAll(async () => {
    databases = await plansOf('modules/database', {
      small: database({ messages_per_second: 1000, retention_days: 7 }),
      middle: database({ messages_per_second: 20_000 }),
      large: database({ messages_per_second: 200_000 }, { multi_az: true }),
    })
    guards = await plansOf('modules/spot-guard', {
      all: { ...guard, ...parts },
      spotOnly: { ...guard, spot: { ...parts.spot, on_ec2_spot_hosts: true } },
      idle: guard,
    })
    role = (await plansOf('modules/monitoring-role', { role: complete.monitoring })).role
    const { image, secret_arn } = complete
    const minimal = { image, secret_arn, scaling: scaling.cpuMemory }
    examples = {
      ...(await plansOf('examples/minimal', { minimal })),
      ...(await plansOf('examples/complete', { complete })),
    }
    // A first plan for real knows no id of anything: whether something is made must not depend on one.
    await plansOf('examples/minimal', { minimal }, 'later')
    const on = (kind: string) => ({ ...complete, compute: { kind, cpu: 2048 } })
    const kinds = { ec2: on('ec2'), managed: on('managed_instances') }
    await plansOf('examples/complete', kinds, 'later')
  }, PLANNING_MS_MAX)

  test('database: class, disk and speed follow the load', () => {
    const sizes = Object.values(databases).map((plan) => {
      const { instance_class, allocated_storage, iops, storage_throughput } = callsOf(plan)
      return [instance_class, allocated_storage, iops, storage_throughput]
    })
    expect(sizes).toEqual([
      // 1,000/s × 0.4 × 7 d × 180 B = 44 GB; below 400 GiB gp3 has no speed to choose
      ['db.t4g.medium', 60, 0, 0],
      ['db.m7g.large', 2160, 12_000, 500],
      ['db.m7g.2xlarge', 21_580, 12_000, 500],
    ])
  })

  test('database: encrypted, in no public network, kept from deletion, its password nowhere', () => {
    for (const plan of Object.values(databases)) {
      expect(callsOf(plan)).toMatchObject({
        ...{ storage_encrypted: true, publicly_accessible: false, deletion_protection: true },
        ...{ manage_master_user_password: true, password: null, backup_retention_period: 7 },
        ...{ skip_final_snapshot: false, storage_type: 'gp3' },
      })
      const parameters = Object.fromEntries(
        plan
          .one('aws_db_parameter_group', 'calls')
          .parameter.map(({ name, value }: { name: string; value: string }) => [name, value]),
      )
      expect(parameters).toMatchObject({ 'rds.force_ssl': '1', synchronous_commit: 'on' })
    }
    const alarm = databases.middle.one('aws_cloudwatch_metric_alarm', 'database', 'storage')
    expect(alarm.threshold).toBe(Math.floor((2160 * 2 ** 30) / 7))
  })

  test('spot-guard: the reconciler reads its configuration, and may do what it does and no more', () => {
    const configOf = (plan: Plan) =>
      parseFleetConfig(
        plan.one('aws_lambda_function', 'reconciler').environment[0].variables.CALLIOPE_FLEET,
      )
    expect(configOf(guards.all)).toMatchObject({
      spot: { onDemandService: 'calliope-stand-in', most: 4 },
      connections: { available: 400, perTask: 16 },
    })
    expect(configOf(guards.idle)).toEqual({ cluster: 'voip' })
    const own = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage']
    const grants = (plan: Plan) => [...new Set(grantsOf(plan).get('reconciler'))].sort()
    const needed = (wanted: readonly string[]) =>
      [
        ...new Set([
          ...own,
          ...RECONCILER_GRANTS.filter(({ part }) => wanted.includes(part)).map(
            ({ action }) => action,
          ),
        ]),
      ].sort()
    expect(grants(guards.all)).toEqual(needed(['spot', 'perHost', 'fastMetrics', 'connections']))
    expect(grants(guards.spotOnly)).toEqual(needed(['spot']))
    expect(grants(guards.idle)).toEqual(own)
    for (const plan of Object.values(guards)) {
      expect(tooWide(plan)).toEqual([])
      expectNarrowTrust(plan)
    }
  })

  test('spot-guard: rules for what is looked after, each with a way for what could not be delivered', () => {
    const rulesOf = (plan: Plan) =>
      plan.all('aws_cloudwatch_event_rule').map(({ index }) => index ?? 'every-minute')
    expect(rulesOf(guards.all)).toEqual([
      ...['every-minute', 'hosts-changed', 'service-action', 'spot-task-taken'],
    ])
    expect(rulesOf(guards.spotOnly)).toContain('spot-host-leaving')
    expect(rulesOf(guards.idle)).toEqual(['every-minute'])
    for (const { values } of guards.all.all('aws_cloudwatch_event_target'))
      expect(values.dead_letter_config).toHaveLength(1)
    const taken = guards.all.one('aws_cloudwatch_event_rule', 'fleet', 'spot-task-taken')
    expect(JSON.parse(taken.event_pattern).detail).toEqual({
      clusterArn: ['arn:aws:ecs:eu-central-1:111122223333:cluster/voip'],
      stopCode: ['SpotInterruption', 'TerminationNotice'],
    })
  })

  test('screen: a node of the same image that starts on its settings, believes its balancer, may do nothing', async () => {
    const { complete } = examples
    const container = containerOf(complete, 'screen')
    expect(shapeFaults(ecs.ContainerDefinition$ as never, container)).toEqual([])
    expect(container).toMatchObject({ readonlyRootFilesystem: true, command: ['serve'] })
    const { config } = await loadConfig([], {
      ...settingsOf(complete, 'screen'),
      ...valuesOfSecrets,
    })
    expect(config['http.public_url']).toBe('https://calliope.example')
    expect(config['http.trusted_proxies']).toEqual(['10.20.1.0/24', '10.20.1.0/24'])
    expect(complete.one('aws_ecs_task_definition', 'screen').task_role_arn).toBeNull()
  })

  test('renewal: each service by the call that the AWS SDK knows, and no other service', () => {
    const { complete } = examples
    const calls = complete.all('aws_scheduler_schedule').map(({ values }) => {
      const call = Object.entries(JSON.parse(values.target[0].input))
      // The scheduler writes names its own way.
      return Object.fromEntries(call.map(([name, value]) => [lowerFirst(name), value]))
    })
    const { request } = operationShape(ecs, 'UpdateService')!
    for (const call of calls) expect(shapeFaults(request, call)).toEqual([])
    const services = ['calliope', 'calliope-screen', 'calliope-stand-in']
    expect(calls.map(({ service }) => service)).toEqual(services)
    const [anew] = statementsOf(complete.one('aws_iam_role_policy', 'renew').policy)
    expect([...anew!.Resource!].sort()).toEqual(
      services.map((name) => `arn:aws:ecs:eu-central-1:111122223333:service/calliope/${name}`),
    )
  })

  test('monitoring-role: one account, its external id, reading actions only', () => {
    const [trust] = JSON.parse(role.one('aws_iam_role', 'vendor').assume_role_policy).Statement
    expect(trust).toMatchObject({
      Principal: { AWS: 'arn:aws:iam::123456789012:root' },
      Condition: { StringEquals: { 'sts:ExternalId': 'a-secret-of-their-own' } },
    })
    const [read] = statementsOf(role.one('aws_iam_role_policy', 'vendor').policy)
    for (const action of read!.Action) expect(action).toMatch(/^[a-z]+:(Describe|Get|List)/)
    const { sensitive } = role.json.resource_changes.reduce(
      (found, { change }) => ({
        sensitive: found.sensitive || JSON.stringify(change).includes('"assume_role_policy":true'),
      }),
      { sensitive: false },
    )
    expect(sensitive, 'the external id is not printed').toBe(true)
  })

  test('examples: the whole stack plans, and every role in it is narrow', () => {
    expect(examples.minimal.output('address')).toEndWith('.elb.eu-central-1.amazonaws.com')
    expect(examples.minimal.one('aws_ecs_service', 'capture').network_configuration).toMatchObject([
      { assign_public_ip: true },
    ])
    expect(examples.complete.output('monitoring_role_arn')).toStartWith('arn:aws:iam::')
    expect(
      examples.complete
        .all('aws_lb_listener')
        .map(({ values }) => values.port)
        .sort(),
    ).toEqual([443, 9060, 9061, 9062])
    for (const [name, plan] of Object.entries(examples))
      expect(
        tooWide(plan).filter((sentence) => !sentence.includes('monitoring_role')),
        name,
      ).toEqual([])
  })
})

const lowerFirst = (name: string) => name[0]!.toLowerCase() + name.slice(1)

const callsOf = (plan: Plan) => plan.one('aws_db_instance', 'calls')
