// The plan terraform would make of a module, as data: no account, no state, mocked answers of AWS.
//
//   const { fargate, ec2 } = await plansOf('modules/capture', { fargate: {…}, ec2: {…} })
//   fargate.resource('aws_lb', 'capture').internal
//
// One terraform process for all the variants: it runs them as the `run` blocks of a test file, and
// prints each plan with -json -verbose. The modules are copied first, so nothing is left beside them.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { terraform } from './terraform.ts'
import { TERRAFORM } from './types-used.ts'

/** When ids, ARNs and addresses are known: at once, or as for real only after `apply`. */
export type Answers = 'mocked' | 'later'

export type Variables = Readonly<Record<string, unknown>>

/** One resource of a plan; `values` is what terraform would ask AWS for. */
export interface PlannedResource {
  readonly address: string
  readonly type: string
  readonly name: string
  /** Key of for_each or number of count. */
  readonly index?: string | number
  // biome-ignore lint/suspicious/noExplicitAny: a plan has as many shapes as AWS has resources
  readonly values: any
}

/** Terraform's own plan format, as much of it as is used; `terraform show -json` prints the same. */
export interface PlanJson {
  readonly resource_changes: readonly {
    readonly address: string
    readonly mode: string
    readonly type: string
    readonly name: string
    readonly index?: string | number
    readonly change: { readonly after: unknown }
  }[]
  readonly output_changes?: Readonly<Record<string, { readonly after: unknown }>>
}

/** Raised with terraform's own sentences when a variant does not plan. */
export class PlanError extends Error {}

/**
 * Plans of one module, such as 'modules/capture', with several sets of variables, by one terraform process. Throws PlanError.
 * With `answers: 'later'` nothing that AWS would make up is known yet, as in a first plan for real.
 */
export async function plansOf<Name extends string>(
  dir: string,
  variants: Readonly<Record<Name, Variables>>,
  answers: Answers = 'mocked',
): Promise<Record<Name, Plan>> {
  const outcome = await tryPlans(dir, variants, answers)
  const failed = Object.entries<Plan | PlanError>(outcome).find(([, plan]) => plan instanceof Error)
  if (failed) throw failed[1]
  return outcome as Record<Name, Plan>
}

/** As plansOf, but what does not plan is a PlanError in its place: for asserting refusals. */
export async function tryPlans<Name extends string>(
  dir: string,
  variants: Readonly<Record<Name, Variables>>,
  answers: Answers = 'mocked',
): Promise<Record<Name, Plan | PlanError>> {
  const work = mkdtempSync(join(tmpdir(), 'tf-plan-'))
  try {
    cpSync(join(TERRAFORM, '..'), join(work, 'deploy'), {
      recursive: true,
      filter: (from) => !/\/(\.terraform|tests|helm|image|dist)(\/|$)/.test(from),
    })
    return await runPlans(join(work, 'deploy/terraform', dir), work, variants, answers)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function runPlans<Name extends string>(
  module: string,
  work: string,
  variants: Readonly<Record<Name, Variables>>,
  answers: Answers,
): Promise<Record<Name, Plan | PlanError>> {
  const names = Object.keys(variants) as Name[]
  mkdirSync(join(module, 'tests'), { recursive: true })
  // A file each: after a run that failed terraform skips the rest of its file. Files run one by one all the same.
  for (const name of names)
    writeFileSync(
      join(module, 'tests', `${name}.tftest.json`),
      testFile(module, work, variants[name], answers),
    )
  const got = await terraform(['get', '-no-color'], module)
  if (got.code !== 0) throw new PlanError(got.stderr)
  const { stdout, stderr } = await terraform(['test', '-json', '-verbose', '-no-color'], module)
  const lines = stdout.split('\n').filter(Boolean).map(parseLine)
  return Object.fromEntries(names.map((name) => [name, outcomeOf(name, lines, stderr)])) as Record<
    Name,
    Plan | PlanError
  >
}

const testFile = (module: string, work: string, variables: Variables, answers: Answers): string => {
  const mocks = relative(module, join(work, 'deploy/terraform/mocks'))
  return JSON.stringify({
    mock_provider: {
      aws: { source: mocks, override_during: answers === 'mocked' ? 'plan' : 'apply' },
    },
    run: { plan: { command: 'plan', variables } },
  })
}

interface Line {
  readonly type: string
  readonly '@testfile'?: string
  readonly test_plan?: PlanJson
  readonly diagnostic?: Diagnostic
}

interface Diagnostic {
  readonly severity: string
  readonly summary: string
  readonly detail: string
  readonly range?: { readonly filename: string; readonly start: { readonly line: number } }
}

const sentence = ({ summary, detail, range }: Diagnostic): string =>
  `${summary}: ${detail}${range ? ` (${range.filename}:${range.start.line})` : ''}`

const parseLine = (line: string): Line => JSON.parse(line) as Line

function outcomeOf(name: string, lines: readonly Line[], stderr: string): Plan | PlanError {
  const mine = lines.filter((line) => line['@testfile']?.endsWith(`/${name}.tftest.json`))
  const errors = mine.flatMap(({ diagnostic }) =>
    diagnostic?.severity === 'error' ? [sentence(diagnostic)] : [],
  )
  const json = mine.find(({ type }) => type === 'test_plan')?.test_plan
  if (errors.length > 0 || !json)
    return new PlanError(`${name}: ${errors.join('\n') || stderr || 'terraform made no plan'}`)
  return new Plan(json)
}

/** A plan with its resources at hand. */
export class Plan {
  readonly json: PlanJson
  readonly resources: readonly PlannedResource[]

  constructor(json: PlanJson) {
    this.json = json
    this.resources = json.resource_changes
      .filter(({ mode }) => mode === 'managed')
      .map(({ address, type, name, index, change }) => ({
        ...{ address, type, name, values: change.after },
        ...(index === undefined ? {} : { index }),
      }))
  }

  /** Every resource of a type, or those of one name. */
  all(type: string, name?: string): readonly PlannedResource[] {
    return this.resources.filter((one) => one.type === type && (!name || one.name === name))
  }

  /** The values of the one resource of this type, name and key; throws when there is not exactly one. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  one(type: string, name: string, index?: string | number): any {
    const found = this.all(type, name).filter((one) => index === undefined || one.index === index)
    if (found.length === 1) return found[0]!.values
    const there = this.resources.map(({ address }) => address).join(', ')
    throw new Error(`${found.length} of ${type}.${name}, not one; the plan has ${there}`)
  }

  output(name: string): unknown {
    return this.json.output_changes?.[name]?.after
  }
}
