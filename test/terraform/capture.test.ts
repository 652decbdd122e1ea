// The capture module as terraform plans it: what would be asked of AWS, variant by variant.
import { beforeAll, describe, expect, test } from 'bun:test'
import { loadConfig } from '../../src/config/index.ts'
import type { Plan } from '../../tools/tf-schema-provider/plan.ts'
import { hasTerraform } from '../../tools/tf-schema-provider/terraform.ts'
import { expectNarrowTrust, grantsOf, statementsOf, tooWide } from './iam.ts'
import {
  type CapturePlans,
  capturePlans,
  containerOf,
  PLANNING_MS_MAX,
  settingsOf,
  valuesOfSecrets,
} from './plans.ts'
import { estateWithAll } from './variables.ts'

describe.if(hasTerraform())('the capture module', () => {
  let plans: CapturePlans
  beforeAll(async () => {
    plans = await capturePlans()
  }, PLANNING_MS_MAX)
  const each = (check: (plan: Plan, name: string) => void) => {
    for (const [name, plan] of Object.entries(plans)) check(plan, name)
  }

  test('the balancer listens on UDP 9060, TCP 9061 and, with a certificate, TLS 9062', () => {
    const listens = (plan: Plan) =>
      plan.all('aws_lb_listener').map(({ values }) => `${values.protocol} ${values.port}`)
    expect(listens(plans.spot).sort()).toEqual(['TCP 9061', 'UDP 9060'])
    expect(listens(plans.everything).sort()).toEqual(['TCP 9061', 'TLS 9062', 'UDP 9060'])
    expect(plans.spot.one('aws_lb', 'capture')).toMatchObject({
      ...{ load_balancer_type: 'network', internal: true },
      ...{ enable_cross_zone_load_balancing: true, enable_deletion_protection: true },
    })
    expect(plans.spot.one('aws_lb_target_group', 'tcp').preserve_client_ip).toBe('true')
  })

  test('target groups ask /readyz?for=hep every five seconds and change their mind after two', () => {
    for (const { values } of plans.spot.all('aws_lb_target_group')) {
      expect(values).toMatchObject({ target_type: 'ip', connection_termination: true })
      expect(values.health_check).toMatchObject([
        {
          ...{ protocol: 'HTTP', port: '9080', path: '/readyz?for=hep', matcher: '200' },
          ...{ interval: 5, healthy_threshold: 2, unhealthy_threshold: 2 },
        },
      ])
      expect(values.health_check[0].timeout).toBeLessThan(values.health_check[0].interval)
    }
    const [state] = plans.spot.one('aws_lb_target_group', 'tcp').target_health_state
    expect(state.enable_unhealthy_connection_termination).toBe(false)
  })

  test('a node ends in order: deregistration, then wait and drain, then the kill at 120 s', () => {
    each((plan, name) => {
      const container = containerOf(plan)
      const seconds = (variable: string) =>
        Number(/^(\d+)s$/.exec(settingsOf(plan)[variable] ?? '')?.[1])
      expect(container.stopTimeout, name).toBeLessThanOrEqual(120)
      const drained = seconds('CALLIOPE_DRAIN_WAIT') + seconds('CALLIOPE_DRAIN_TIMEOUT')
      expect(drained, name).toBeLessThan(container.stopTimeout)
      for (const { values } of plan.all('aws_lb_target_group'))
        expect(Number(values.deregistration_delay), name).toBeLessThan(container.stopTimeout)
    })
  })

  test('the container runs without root, without a writable root, with room for connections', () => {
    each((plan) => {
      const container = containerOf(plan)
      const { enable_execute_command } = plan.one('aws_ecs_service', 'capture')
      const readonlyRootFilesystem = !enable_execute_command // ECS's agent writes into the container
      expect(container).toMatchObject({ readonlyRootFilesystem, privileged: false })
      expect(container.user).not.toMatch(/^(0|root)\b/)
      expect(container.linuxParameters.capabilities.drop).toEqual(['ALL'])
      expect(container.image).toMatch(/@sha256:[0-9a-f]{64}$/)
      expect(container.ulimits).toContainEqual({
        ...{ name: 'nofile', softLimit: 65_536, hardLimit: 65_536 },
      })
    })
    expect(plans.spot.one('aws_ecs_task_definition', 'node').ephemeral_storage).toEqual([
      { size_in_gib: 50 },
    ])
    const [volume] = plans.everything.one('aws_ecs_service', 'capture').volume_configuration
    expect(volume.managed_ebs_volume).toMatchObject([{ encrypted: true, size_in_gb: 300 }])
  })

  test('passwords come from Secrets Manager by JSON key and stand nowhere in the task definition', () => {
    const secrets = Object.fromEntries(
      containerOf(plans.everything).secrets.map(({ name, valueFrom }) => [name, valueFrom]),
    )
    expect(secrets).toMatchObject({
      DATABASE_PASSWORD: expect.stringMatching(/secret:db-AbCdEf:password::$/),
      CALLIOPE_HTTP_TOKEN: expect.stringMatching(/secret:app-AbCdEf:http_token::$/),
      CALLIOPE_INTAKE_KEYS: expect.stringMatching(/secret:keys-AbCdEf:agent_keys::$/),
    })
    expect(settingsOf(plans.spot).CALLIOPE_DATABASE).toBe(
      'postgres://${secret:env:DATABASE_USER}:${secret:env:DATABASE_PASSWORD}@db.internal:5432/calliope?sslmode=require',
    )
  })

  test('a node starts on the settings it is given; loadConfig knows each of them', async () => {
    for (const [name, plan] of Object.entries(plans)) {
      const { config, origins } = await loadConfig([], { ...settingsOf(plan), ...valuesOfSecrets })
      expect(new URL(config.database).hostname, name).toBe('db.internal')
      expect(config).toMatchObject({
        ...{ 'drain.wait': 30_000, 'drain.timeout': 75_000, 'drain.task_protection': 'on' },
        ...{ 'fleet.cluster': name === 'ownCluster' ? 'voip' : 'calliope' },
      })
      expect(origins.get('fleet.emf')).toBe('CALLIOPE_FLEET_EMF')
    }
  })

  test('no role may do anything in general, or something to everything', () => {
    each((plan, name) => {
      expect(tooWide(plan), name).toEqual([])
      expectNarrowTrust(plan)
    })
  })

  test('the task may hand over, protect itself, and with execute_command be looked into; no more', () => {
    const handOver = ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload']
    const least = [
      ...handOver,
      ...['s3:ListBucket', 'ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'],
    ]
    expect(grantsOf(plans.spot).get('task')).toEqual(least)
    expect(grantsOf(plans.everything).get('task')).toEqual([
      ...[...least, 'kms:Decrypt', 'kms:GenerateDataKey'],
      ...['CreateControl', 'CreateData', 'OpenControl', 'OpenData'].map(
        (verb) => `ssmmessages:${verb}Channel`,
      ),
    ])
    expect(grantsOf(plans.spot).get('execution')).toEqual([
      ...['logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:GetSecretValue'],
    ])
  })

  test('nothing is open to the world, and senders reach the balancer only', () => {
    each((plan, name) => {
      for (const { address, values } of plan.all('aws_vpc_security_group_ingress_rule')) {
        expect(values.cidr_ipv4 ?? '', `${name} ${address}`).not.toEndWith('/0')
        expect(values.from_port, address).toBe(values.to_port)
      }
    })
    const senders = plans.everything.all('aws_vpc_security_group_ingress_rule', 'senders')
    expect(senders.map(({ values }) => `${values.ip_protocol} ${values.to_port} ${values.cidr_ipv4}`).sort())
      .toEqual(['10.20.0.0/16', '10.21.0.0/16'].flatMap((cidr) => [`tcp 9061 ${cidr}`, `tcp 9062 ${cidr}`, `udp 9060 ${cidr}`]).sort()) // biome-ignore format: a table
  })

  test('the hand-over bucket is private, encrypted, empties itself and takes TLS only', () => {
    const bucket = (type: string) => plans.everything.one(`aws_s3_bucket_${type}`, 'handover')
    expect(bucket('public_access_block')).toMatchObject({
      ...{ block_public_acls: true, block_public_policy: true },
      ...{ ignore_public_acls: true, restrict_public_buckets: true },
    })
    expect(JSON.stringify(bucket('server_side_encryption_configuration').rule)).toContain('aws:kms')
    expect(bucket('lifecycle_configuration').rule[0].expiration).toMatchObject([{ days: 30 }])
    const [statement] = statementsOf(bucket('policy').policy)
    expect(statement).toMatchObject({ Effect: 'Deny', Action: 's3:*' })
    expect(settingsOf(plans.spot).CALLIOPE_DRAIN_HANDOVER).toBe(
      's3://calliope-handover-111122223333-eu-central-1/calliope',
    )
  })

  test('a deployment is undone by the circuit breaker and by drops', () => {
    const service = plans.spot.one('aws_ecs_service', 'capture')
    expect(service.deployment_circuit_breaker).toEqual([
      expect.objectContaining({ enable: true, rollback: true }),
    ])
    // Without it another mix of on demand and spot destroys the service.
    for (const { values } of plans.spot.all('aws_ecs_service'))
      expect(values.force_new_deployment).toBe(true)
    expect(service.alarms).toEqual([
      { alarm_names: ['calliope-drops', 'calliope-spool-age'], enable: true, rollback: true },
    ])
  })

  test('the dashboard names this fleet, and no placeholder is left in it', () => {
    const { dashboard_body } = plans.ownCluster.one('aws_cloudwatch_dashboard', 'fleet')
    expect(JSON.parse(dashboard_body).widgets.length).toBeGreaterThan(5)
    expect(dashboard_body).not.toContain('${')
    for (const name of [
      '"voip"',
      '"calliope"',
      '"net/calliope/0123456789abcdef"',
      '"eu-central-1"',
    ])
      expect(dashboard_body).toContain(name)
  })

  test('drops, skew, spool age and unready nodes ring, and tell somebody', () => {
    const alarms = plans.everything
      .all('aws_cloudwatch_metric_alarm')
      .filter(({ name }) => !['step', 'simple'].includes(name))
    expect(alarms.map(({ values }) => values.alarm_name).sort()).toEqual([
      ...['calliope-drops', 'calliope-none-healthy', 'calliope-skew', 'calliope-spool-age'],
      ...['calliope-unhealthy-tcp', 'calliope-unhealthy-udp'],
    ])
    for (const { address, values } of alarms)
      expect(values.alarm_actions, address).toEqual(estateWithAll.alarms.topic_arns)
    expect(plans.spot.one('aws_cloudwatch_metric_alarm', 'skew').threshold).toBe(2)
  })
})
