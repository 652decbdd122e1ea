// The HCL itself: form, validity, the tests written in it, its documentation. What needs no terraform runs
// everywhere; what does says loudly when there is none.
import { describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CALLIOPE, CPU_MEMORY } from '../../src/fleet/policy/presets.ts'
import { toTerraform } from '../../src/fleet/policy/to-terraform.ts'
import { awsSchema } from '../../tools/tf-schema-provider/aws-schema.ts'
import { checkModule } from '../../tools/tf-schema-provider/check-hcl.ts'
import { MODULES, readmeOf } from '../../tools/tf-schema-provider/tables.ts'
import { hasTerraform, terraform } from '../../tools/tf-schema-provider/terraform.ts'
import { TERRAFORM, typesUsed } from '../../tools/tf-schema-provider/types-used.ts'
import { PLANNING_MS_MAX } from './plans.ts'

const withModule = async (text: string, check: (folder: string) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'tf-module-'))
  try {
    const head =
      'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
    writeFileSync(join(folder, 'main.tf'), `${head}${text}\n`)
    await check(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// One mistake each, and the word that a checker must say about it.
const MISTAKES = {
  unknown: ['resource "aws_lb" "x" {\n  nmae = "x"\n}', 'nmae'],
  missing: ['resource "aws_lb_listener" "x" {\n  load_balancer_arn = "x"\n}', 'default_action'],
  twice: [
    'resource "aws_lb_target_group" "x" {\n  health_check {}\n  health_check {}\n}',
    'health_check',
  ],
  nested: ['resource "aws_ecs_service" "x" {\n  name = "x"\n  alarms {\n    enabled = true\n  }\n}', 'enabled'], // biome-ignore format: a table
} as const
// Terraform leaves this one to the real provider.
const COMPUTED = ['resource "aws_lb" "x" {\n  arn = "x"\n}', 'arn'] as const

test(
  'checkModule finds nothing wrong with the modules and examples, and each planted mistake',
  async () => {
    for (const module of MODULES)
      expect(await checkModule(join(TERRAFORM, module)), module).toEqual([])
    for (const [text, word] of [...Object.values(MISTAKES), COMPUTED])
      await withModule(text, async (folder) => {
        expect((await checkModule(folder)).join('\n')).toContain(word)
      })
  },
  PLANNING_MS_MAX,
)

test('aws-schema.json has exactly the types that the modules use, of provider 6.66.0', async () => {
  const used = await typesUsed()
  expect(Object.keys(awsSchema.resources)).toEqual(used.resources)
  expect(Object.keys(awsSchema.data)).toEqual(used.data)
  expect(awsSchema.version).toBe('6.66.0')
})

test('each README has the inputs and outputs that its module has', async () => {
  for (const module of MODULES) {
    const { is, should } = await readmeOf(module)
    expect(is, `${module}: run tools/tf-schema-provider/tables.ts`).toBe(should)
  }
})

test('the examples scale by what `calliope policy` prints today', () => {
  const printed = (example: string) =>
    JSON.parse(
      readFileSync(join(TERRAFORM, 'examples', example, 'scaling.auto.tfvars.json'), 'utf8'),
    )
  expect(printed('minimal')).toEqual({ scaling: toTerraform(CPU_MEMORY) })
  expect(printed('complete')).toEqual({ scaling: toTerraform(CALLIOPE) })
})

describe.if(hasTerraform())('terraform itself', () => {
  test(
    'finds each planted mistake with the schema-only provider',
    async () => {
      for (const [text, word] of Object.values(MISTAKES))
        await withModule(text, async (folder) => {
          const { code, stderr } = await terraform(['validate', '-no-color'], folder)
          expect(code, word).toBe(1)
          expect(stderr).toContain(word)
        })
    },
    PLANNING_MS_MAX,
  )

  test(
    'would write every file as it is written',
    async () => {
      const { code, stdout } = await terraform(['fmt', '-check', '-recursive', '-diff'], TERRAFORM)
      expect(stdout).toBe('')
      expect(code).toBe(0)
    },
    PLANNING_MS_MAX,
  )

  test(
    'passes the tests written in HCL, module by module',
    async () => {
      for (const module of MODULES.filter((path) => path.startsWith('modules/'))) {
        const { code, stdout } = await terraform(['test', '-no-color'], join(TERRAFORM, module))
        expect(code, `${module}\n${stdout}`).toBe(0)
      }
    },
    PLANNING_MS_MAX,
  )
})

if (!hasTerraform())
  test('NOT TESTED: there is no terraform here, so no plan was made; arguments were checked', () => {
    process.stderr.write(
      '\n*** terraform is not installed: modules were checked for arguments and blocks only, no plan was made.\n' +
        '*** Install terraform 1.11 or newer (https://developer.hashicorp.com/terraform/install) to test the rest.\n\n',
    )
  })
