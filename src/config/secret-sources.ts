// Where secrets are read. Each source turns a name into a text, or throws a sentence that says what
// happened and what to do; the sentence never holds what was read.
import { readFile } from 'node:fs/promises'
import { readAwsSecret, readSsmParameter } from './aws-secrets.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface SourceLimits {
  /** Longest wait for a source behind the network. @default 10000 */
  readonly answerMsMax?: number
}

export type SecretSource = (
  name: string,
  env: Environment,
  limits?: SourceLimits,
) => Promise<string>

/** As much as Secrets Manager keeps; a larger file is not a secret but a mistyped path. */
const FILE_BYTES_MAX = 65_536

export const SECRET_SOURCES: Readonly<Record<string, SecretSource>> = {
  file: readSecretFile,
  env: async (name, env) => {
    const value = env[name]
    if (value === undefined) throw new Error(`the environment has no ${name}; set it`)
    return value
  },
  aws: readAwsSecret,
  ssm: readSsmParameter,
}

const FILE_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path, and that it is mounted',
  EACCES: 'this user may not read the file; check its owner and mode',
  EISDIR: 'it is a directory; name a file in it',
}

async function readSecretFile(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(FILE_FAULTS[cause.code ?? ''] ?? cause.message, { cause })
  })
  if (bytes.length > FILE_BYTES_MAX)
    throw new Error(
      `${path} has ${bytes.length} bytes, more than a secret (${FILE_BYTES_MAX}); check the path`,
    )
  return bytes.toString('utf8').replace(/\r?\n$/, '')
}
