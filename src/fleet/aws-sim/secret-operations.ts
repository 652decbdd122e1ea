// Secrets Manager and Parameter Store, as far as a program that reads its configuration needs them.
import { arn, nameOf } from './arn.ts'
import type { SimClock } from './clock.ts'
import { AwsFault } from './fault.ts'
import type { OperationTable } from './operations.ts'

/** What tests put in: names to values. */
export class SecretStore {
  readonly secrets = new Map<string, string>()
  readonly parameters = new Map<string, string>()
  /** Names that are not given out, and what is said instead. */
  readonly refused = new Map<string, AwsFault>()

  refuse(name: string, type: string, message = ''): void {
    this.refused.set(name, new AwsFault(type, message))
  }

  checkGiven(name: string): void {
    const fault = this.refused.get(name)
    if (fault) throw fault
  }
}

export const secretOperations = (store: SecretStore, clock: SimClock): OperationTable[] => [
  {
    service: 'secrets',
    operations: {
      GetSecretValue: ({ SecretId }: { SecretId: string }) => {
        const name = SecretId.startsWith('arn:') ? SecretId.split(':secret:')[1]! : SecretId
        store.checkGiven(name)
        const value = store.secrets.get(name)
        if (value === undefined)
          throw new AwsFault(
            'ResourceNotFoundException',
            "Secrets Manager can't find the specified secret.",
          )
        return {
          ARN: arn('secretsmanager', `secret:${name}`),
          Name: name,
          VersionId: '00000000-0000-4000-8000-000000000001',
          SecretString: value,
          VersionStages: ['AWSCURRENT'],
          CreatedDate: clock.nowSeconds,
        }
      },
    },
  },
  {
    service: 'ssm',
    operations: {
      GetParameter: ({ Name }: { Name: string }) => ({ Parameter: parameter(store, Name) }),
      GetParameters: ({ Names }: { Names: readonly string[] }) => ({
        Parameters: Names.filter((name) => store.parameters.has(name)).map((name) =>
          parameter(store, name),
        ),
        InvalidParameters: Names.filter((name) => !store.parameters.has(name)),
      }),
    },
  },
]

function parameter(store: SecretStore, name: string) {
  store.checkGiven(name)
  const value = store.parameters.get(name)
  if (value === undefined) throw new AwsFault('ParameterNotFound', '')
  return {
    Name: name,
    Type: 'SecureString',
    Value: value,
    Version: 1,
    ARN: arn('ssm', `parameter/${nameOf(name)}`),
    DataType: 'text',
  }
}
