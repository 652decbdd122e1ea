// Which AWS types the modules use, read from the modules themselves, so that no list can go stale.
import { join } from 'node:path'
import { Glob } from 'bun'

/** Where the modules live. */
export const TERRAFORM = join(import.meta.dir, '../../deploy/terraform')

/** The resource and data types named in deploy/terraform, sorted. */
export async function typesUsed(): Promise<{ resources: string[]; data: string[] }> {
  const found = { resource: new Set<string>(), data: new Set<string>() }
  for await (const path of new Glob('**/*.tf').scan(TERRAFORM)) {
    const text = await Bun.file(join(TERRAFORM, path)).text()
    for (const [, kind, type] of text.matchAll(/^(resource|data) "(aws_\w+)"/gm))
      found[kind as 'resource' | 'data'].add(type!)
  }
  return { resources: [...found.resource].sort(), data: [...found.data].sort() }
}
