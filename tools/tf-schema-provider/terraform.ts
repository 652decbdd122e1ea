// Runs the terraform of this machine with the schema-only provider in place of AWS's own: no registry,
// no account, no network. By hand:
//
//   node tools/with-bun.mjs tools/tf-schema-provider/terraform.ts -chdir=deploy/terraform/modules/capture validate
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { startProvider } from './provider.ts'

export interface TerraformRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Whether there is a terraform here; it cannot be had from a package registry, so a test must say so. */
export const hasTerraform = (): boolean => Bun.which('terraform') !== null

/** Runs terraform in `cwd`; never throws for what terraform itself thinks of the configuration. */
export async function terraform(args: readonly string[], cwd: string): Promise<TerraformRun> {
  const provider = await startProvider()
  try {
    return await run(args, cwd, provider.environment)
  } finally {
    provider.close()
  }
}

function run(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<TerraformRun> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...ALONE, ...environment }
    const child = spawn('terraform', args, { cwd, env })
    const out: string[] = []
    const err: string[] = []
    child.stdout.on('data', (chunk) => out.push(String(chunk)))
    child.stderr.on('data', (chunk) => err.push(String(chunk)))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code: code ?? 1, stdout: out.join(''), stderr: err.join('') }),
    )
  })
}

// Nothing of the machine's own configuration, and no call home.
const ALONE = {
  TF_CLI_CONFIG_FILE: join(import.meta.dir, 'terraform.rc'),
  TF_IN_AUTOMATION: '1',
  CHECKPOINT_DISABLE: '1',
}

if (import.meta.main) {
  const { code, stdout, stderr } = await terraform(process.argv.slice(2), process.cwd())
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exit(code)
}
