// The documented step after the chart: kubectl's kustomize over what helm rendered.
import { expect, test } from 'bun:test'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryDirectory } from '../../test/program.ts'
import { brokenRules } from './chart-rules.ts'
import { invalidFields, unknownFields } from './check-shape.ts'
import { kubernetesTools } from './kubernetes-tools.ts'
import { podsOf } from './pods.ts'
import { CHART, helm, LEAST_VALUES, parseManifests } from './render-chart.ts'

const tools = await kubernetesTools()

test.skipIf(!tools)(
  'kustomize puts on top what the chart has no value for, and nothing breaks',
  async () => {
    using directory = temporaryDirectory('calliope-kustomize-')
    cpSync(join(CHART, '../kustomize'), directory.path, { recursive: true })
    const rendered = await helm(['template', 'sip', CHART, '--namespace', 'voice'], LEAST_VALUES)
    await Bun.write(join(directory.path, 'rendered.yaml'), rendered)
    const child = Bun.spawnSync([tools!.kubectl, 'kustomize', directory.path])
    expect([child.exitCode, child.stderr.toString()]).toEqual([0, ''])

    const manifests = parseManifests(child.stdout.toString())
    expect(manifests).toHaveLength(parseManifests(rendered).length)
    expect(await invalidFields(manifests)).toEqual([])
    expect(await unknownFields(manifests)).toEqual([])
    expect(brokenRules(manifests)).toEqual([])
    for (const { metadata } of manifests)
      expect(metadata.labels).toMatchObject({ 'example.com/cost-centre': 'voice' })
    const [capture, serve] = ['capture', 'serve'].map(
      (part) => podsOf(manifests).find(({ of }) => of.endsWith(`-${part}`))!,
    )
    expect(capture!.labels['example.com/cost-centre']).toBe('voice')
    expect(capture!.spec).toMatchObject({ dnsConfig: { nameservers: ['10.0.0.53'] } } as never)
    expect(serve!.spec).not.toHaveProperty('dnsConfig')
  },
)
