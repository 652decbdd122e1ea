// What AWS says when it does not give a secret, in words that say what to do. The names are those of
// the services' own error lists; AWS's messages name the caller and the secret, never its value.

export interface AwsPlace {
  readonly service: 'Secrets Manager' | 'Parameter Store'
  readonly name: string
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly answerMsMax: number
}

type Explain = (place: AwsPlace) => string

const where = ({ service, region }: AwsPlace): string =>
  `${service}${region ? ` in ${region}` : ''}`

const notFound: Explain = (place) =>
  `${where(place)} has no '${place.name}'; check the name, the account and the region (AWS_REGION), or give the ARN`

const refusedKey: Explain = (place) =>
  `${where(place)} cannot decrypt '${place.name}'; let the role do kms:Decrypt with its key, and check that the key is enabled`

const forbidden: Explain = (place) =>
  `the role may not read '${place.name}' in ${where(place)}; allow ${
    place.service === 'Secrets Manager' ? 'secretsmanager:GetSecretValue' : 'ssm:GetParameter'
  } on it (docs/secrets.md has the policy)`

const badName: Explain = (place) =>
  `${where(place)} does not take '${place.name}' as a name; check it for signs that do not belong there`

const badCredentials: Explain = (place) =>
  `${where(place)} does not take the credentials; they are wrong or have ended, give others`

const notWell: Explain = (place) => `${where(place)} failed at its end; try again`

const unreachable: Explain = (place) =>
  `${place.endpoint ?? where(place)} cannot be reached; check the network, the VPC endpoint and AWS_ENDPOINT_URL`

const late: Explain = (place) =>
  `${place.endpoint ?? where(place)} did not answer within ${place.answerMsMax / 1000} s; check the way there (NAT, VPC endpoint, security group)`

const EXPLAINED: Readonly<Record<string, Explain>> = {
  ResourceNotFoundException: notFound,
  ParameterNotFound: notFound,
  ParameterVersionNotFound: (place) =>
    `${where(place)} has '${place.name}', but not in that version; leave out the version, or give one there is`,
  InvalidRequestException: (place) =>
    `${where(place)} does not give '${place.name}' in the state it is in: most often it is marked for deletion, or has no value yet; restore it (aws secretsmanager restore-secret), give it a value, or name another`,
  InvalidParameterException: badName,
  ValidationException: badName,
  DecryptionFailure: refusedKey,
  InvalidKeyId: refusedKey,
  AccessDeniedException: forbidden,
  UnrecognizedClientException: badCredentials,
  InvalidSignatureException: badCredentials,
  InvalidClientTokenId: badCredentials,
  IncompleteSignature: badCredentials,
  ExpiredTokenException: badCredentials,
  CredentialsProviderError: (place) =>
    `there are no credentials to ask ${where(place)} with; give the task, pod or machine a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID`,
  ThrottlingException: (place) =>
    `${where(place)} is asked too often (by all of the account); try again`,
  InternalServiceError: notWell,
  InternalServerError: notWell,
  InternalFailure: notWell,
  TimeoutError: late,
  AbortError: late,
  ECONNREFUSED: unreachable,
  ConnectionRefused: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ECONNRESET: unreachable,
}

/** A sentence on why a secret was not given. */
export function explainAwsError(error: unknown, place: AwsPlace): string {
  const { name = '', code = '', message = String(error) } = error as NodeJS.ErrnoException
  if (message.includes('Region is missing'))
    return `no region to ask ${place.service} in; set AWS_REGION, or give the ARN`
  const explain = explainOf(name, code, message)
  // What the SDK makes of an error without words, as Parameter Store sends them.
  const words = message === 'UnknownError' ? '' : message
  const said = [name, words].filter(Boolean).join(': ')
  return explain ? `${explain(place)} (AWS: ${said})` : `${where(place)} answered ${said}`
}

// Without kms:Decrypt the refusal comes from the key, under the name of a refused reader.
function explainOf(name: string, code: string, message: string): Explain | undefined {
  if (name === 'AccessDeniedException' && /kms/i.test(message)) return refusedKey
  return EXPLAINED[name] ?? EXPLAINED[code]
}
