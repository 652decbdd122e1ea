// Runs the terraform of this machine with the schema-only provider in place of AWS's own: no registry,
// no account, no network. By hand:
//
//   node tools/with-bun.mjs tools/tf-schema-provider/terraform.ts -chdir=deploy/terraform/modules/capture validate
import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TerraformRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Whether there is a terraform here; it cannot be had from a package registry, so a test must say so. */
export const hasTerraform = (): boolean => Bun.which('terraform') !== null

/** Runs terraform in `cwd`; never throws for what terraform itself thinks of the configuration. */
export function terraform(args: readonly string[], cwd: string): Promise<TerraformRun> {
  return new Promise((resolve, reject) => {
    const child = spawn('terraform', args, { cwd, env: environment() })
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

let shim: string | undefined

// One folder per process: an executable by the name terraform looks for, and the file that points to it.
function shimFolder(): string {
  if (shim !== undefined) return shim
  shim = mkdtempSync(join(tmpdir(), 'tf-schema-provider-'))
  const program = join(shim, 'bin', 'terraform-provider-aws')
  mkdirSync(join(shim, 'bin'))
  const provider = join(import.meta.dir, 'provider.ts')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${provider}'\n`)
  chmodSync(program, 0o755)
  writeFileSync(
    join(shim, 'terraform.rc'),
    `provider_installation {\n  dev_overrides { "hashicorp/aws" = "${join(shim, 'bin')}" }\n  direct {}\n}\n`,
  )
  return shim
}

const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  TF_CLI_CONFIG_FILE: join(shimFolder(), 'terraform.rc'),
  TF_DISABLE_PLUGIN_TLS: '1',
  CHECKPOINT_DISABLE: '1',
  TF_IN_AUTOMATION: '1',
})

if (import.meta.main) {
  const { code, stdout, stderr } = await terraform(process.argv.slice(2), process.cwd())
  process.stdout.write(stdout)
  process.stderr.write(stderr)
  process.exit(code)
}
