// `calliope policy` as a user meets it.
import { describe, expect, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Json, PRESETS, parsePolicy, toHelm, toTerraform } from '#fleet'
import { manifestsOf } from '../src/fleet/policy/test-policies.ts'
import { run } from './commands.ts'
import { temporaryDirectory } from './program.ts'

const guide = readFileSync(join(import.meta.dir, '../docs/scaling.md'), 'utf8')
const example = /```toml\n([\s\S]*?)```/.exec(guide)![1]!

describe('calliope policy', () => {
  test('prints each form, and each form is the policy', async () => {
    const [list, json, tfvars, values] = await Promise.all([
      run(['policy']),
      run(['policy', 'calliope', '--as', 'json']),
      run(['policy', 'calliope', '--as', 'terraform']),
      run(['policy', 'calliope', '--as', 'helm-keda']),
    ])
    for (const name of Object.keys(PRESETS)) expect(list.out).toContain(`Policy ${name} keeps `)
    expect(JSON.parse(json.out)).toEqual(PRESETS.calliope!)
    expect(JSON.parse(tfvars.out)).toEqual({ scaling: toTerraform(PRESETS.calliope!) })
    expect(parse(values.out)).toEqual(toHelm(PRESETS.calliope!, 'keda'))
  })

  test('takes the example of docs/scaling.md as it stands there', async () => {
    expect(parsePolicy(Bun.TOML.parse(example)).kind).toBe('policy')
    using directory = temporaryDirectory()
    const file = join(directory.path, 'evening.toml')
    writeFileSync(file, example)
    const { code, out } = await run(['policy', file])
    expect(code).toBe(0)
    expect(out).toContain('Policy evening keeps 2 to 12 nodes, 2 of them on-demand')
    expect(out).toContain('adds 25 % of the nodes, adds 50 % of the nodes from 20 s beyond that')
  })

  test('names every problem of a file at once and exits 2', async () => {
    using directory = temporaryDirectory()
    const file = join(directory.path, 'bad.toml')
    writeFileSync(
      file,
      example.replace('nodesMin = 2', 'nodesMin = 0').replace('"above"', '"over"'),
    )
    const { code, err } = await run(['policy', file])
    expect(code).toBe(2)
    expect(err).toContain(`${file}: nodesMin: 0 is not allowed: a whole number from 1 to 1000`)
    expect(err).toContain(`${file}: rules[1].when: "over" is not allowed: one of above, below`)
    const [unknown, two] = await Promise.all([
      run(['policy', 'caliope']),
      run(['policy', 'calliope', 'cpu-memory']),
    ])
    expect(unknown).toMatchObject({ code: 2 })
    expect(unknown.err).toContain('caliope: neither a file nor one of calliope, ')
    expect(two).toMatchObject({ code: 2 })
  })

  test('reads back what is deployed, and says on standard error what no policy explains', async () => {
    using directory = temporaryDirectory()
    const [rendered, plan] = ['rendered.yaml', 'plan.json'].map((name) =>
      join(directory.path, name),
    )
    const manifests = JSON.stringify(manifestsOf(toHelm(PRESETS['cpu-memory']!, 'keda')))
    writeFileSync(rendered!, manifests.replace('"maxReplicaCount":10', '"maxReplicaCount":12'))
    writeFileSync(
      plan!,
      JSON.stringify({ values: { root_module: { resources: [] } } } satisfies Json),
    )
    const [helm, nothing] = await Promise.all([
      run(['policy', '--from-helm', rendered!]),
      run(['policy', '--from-plan', plan!]),
    ])
    expect(helm.out).toContain('Policy cpu-memory keeps 1 to 12 nodes')
    expect(helm.err).toContain('nodesMax is 12; the annotation says 10')
    expect(nothing).toMatchObject({ code: 1 })
    expect(nothing.err).toContain('no aws_appautoscaling_target among 0 resources')
  })
})
