// What every IAM document of the modules has to be: single actions, single resources.
import { expect } from 'bun:test'
import type { Plan } from '../../tools/tf-schema-provider/plan.ts'

export interface Statement {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

// AWS gives these no resource to be limited to (service authorization reference).
const WITHOUT_RESOURCE = [
  /^ecr:GetAuthorizationToken$/,
  /^ssmmessages:(Create|Open)(Control|Data)Channel$/,
  /^application-autoscaling:DescribeScalableTargets$/,
  /^ecs:ListTasks$/, // limited by the condition ecs:cluster
]

/** The statements of a policy document. */
export const statementsOf = (json: string): Statement[] =>
  (JSON.parse(json) as { Statement: Statement[] }).Statement

const listed = (one: string | readonly string[] | undefined): readonly string[] =>
  one === undefined ? [] : typeof one === 'string' ? [one] : one

/** Every action that a plan's role policies allow, by role. */
export const grantsOf = (plan: Plan): Map<string, string[]> =>
  new Map(
    plan
      .all('aws_iam_role_policy')
      .map(({ name, values }) => [
        name,
        statementsOf(values.policy).flatMap(({ Action }) => listed(Action)),
      ]),
  )

/** What is too wide in a plan, as sentences; the monitoring role reads lists and is asserted by itself. */
export function tooWide(plan: Plan): string[] {
  return plan
    .all('aws_iam_role_policy')
    .flatMap(({ address, values }) =>
      statementsOf(values.policy).flatMap((statement) => widthOf(address, statement)),
    )
}

function widthOf(address: string, statement: Statement): string[] {
  const actions = listed(statement.Action)
  const resources = listed(statement.Resource)
  return [
    ...actions.filter((one) => one.includes('*')).map((one) => `${address}: action ${one}`),
    ...(resources.length === 0 ? [`${address}: ${statement.Sid} names no resource`] : []),
    ...(resources.includes('*')
      ? actions
          .filter((one) => !WITHOUT_RESOURCE.some((pattern) => pattern.test(one)))
          .map((one) => `${address}: ${one} on everything`)
      : []),
    ...resources
      .filter((one) => one !== '*' && !one.startsWith('arn:aws:'))
      .map((one) => `${address}: resource ${one}`),
  ]
}

/** Each trust names one service (or the vendor's account), never everybody. */
export function expectNarrowTrust(plan: Plan): void {
  for (const { address, values } of plan.all('aws_iam_role'))
    for (const statement of JSON.parse(values.assume_role_policy).Statement) {
      expect(statement.Action, address).toBe('sts:AssumeRole')
      expect(JSON.stringify(statement.Principal), address).not.toContain('*')
    }
}
