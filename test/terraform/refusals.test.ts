// What the modules refuse before AWS would, or would not: each in a sentence that says what to do.
import { describe, expect, test } from 'bun:test'
import { PlanError, tryPlans, type Variables } from '../../tools/tf-schema-provider/plan.ts'
import { hasTerraform } from '../../tools/tf-schema-provider/terraform.ts'
import { PLANNING_MS_MAX } from './plans.ts'
import { estate, scaling } from './variables.ts'

const network = (change: object) => ({ ...estate, network: { ...estate.network, ...change } })

const captures: Record<string, readonly [variables: Variables, sentence: RegExp]> = {
  tag: [{ ...estate, image: 'registry.example/calliope:latest' }, /image must end in @sha256:/],
  world: [network({ sender_cidrs: ['0.0.0.0/0'] }), /not the whole internet/],
  nobody: [network({ sender_cidrs: [] }), /names the networks your SIP servers send HEP from/],
  clear: [
    { ...estate, database: { ...estate.database, sslmode: 'disable' } },
    /calls do not cross a network in the clear/,
  ],
  late: [{ ...estate, stopping: { stop: 180 } }, /that is what Fargate allows/],
  gone: [
    { ...estate, stopping: { deregistration: 120, stop: 120 } },
    /else packets are sent to a node that is gone/,
  ],
  noTime: [{ ...estate, stopping: { drain: 115 } }, /must leave 10 seconds/],
  noHosts: [{ ...estate, compute: { daemon: true } }, /compute\.daemon needs compute\.kind/],
  twoLevelFargate: [{ ...estate, scaling: scaling.twoLevel }, /two-level policy two-level/],
  wrongChip: [
    { ...estate, compute: { kind: 'ec2', architecture: 'ARM64' } },
    /c7g and the like are ARM64/,
  ],
  noSuchTask: [
    { ...estate, compute: { cpu: 1024, memory_mib: 1024 } },
    /do not go together on Fargate/,
  ],
  tooMany: [
    { ...estate, database: { ...estate.database, connections: 300 } },
    /nodes_max 20 and 4 stand-ins need 308 connections/,
  ],
  noNodes: [{ ...estate, scaling: { ...scaling.calliope, nodes_min: 0 } }, /loses every packet/],
  secretInClear: [{ ...estate, environment: { PASSWORD: 'x' } }, /CALLIOPE_… settings only/],
}

const vendor = { vendor_account_id: '123456789012', external_id: 'a-secret-of-their-own' }
const roles: Record<string, readonly [variables: Variables, sentence: RegExp]> = {
  noExternalId: [{ vendor_account_id: '123456789012' }, /external_id/],
  shortExternalId: [{ ...vendor, external_id: 'secret' }, /at least 16 characters/],
  wildcard: [{ ...vendor, actions: ['ecs:*'] }, /no wildcards/],
  writes: [{ ...vendor, actions: ['ecs:UpdateService'] }, /nothing that writes/],
  secrets: [{ ...vendor, actions: ['secretsmanager:GetSecretValue'] }, /must not read secrets/],
}

describe.if(hasTerraform())('refused with a sentence', () => {
  const refuses = (module: string, cases: typeof captures) =>
    test(
      `${module}: ${Object.keys(cases).join(', ')}`,
      async () => {
        const variants = Object.entries(cases).map(([name, [variables]]) => [name, variables])
        const outcomes = await tryPlans(module, Object.fromEntries(variants))
        for (const [name, [, sentence]] of Object.entries(cases)) {
          expect(outcomes[name], name).toBeInstanceOf(PlanError)
          expect((outcomes[name] as PlanError).message.replace(/\s+/g, ' ')).toMatch(sentence)
        }
      },
      PLANNING_MS_MAX,
    )

  refuses('modules/capture', captures)
  refuses('modules/monitoring-role', roles)
})
