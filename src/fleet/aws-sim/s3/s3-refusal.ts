// What the simulator says no to, in S3's words.
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** An error as S3 writes it. */
export const xmlError = ({ status, code, message }: S3Refusal): Response =>
  new Response(
    `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
    { status, headers: { 'content-type': 'application/xml' } },
  )

export interface Signer {
  readonly accessKeyId?: string
  readonly region?: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=[0-9a-f]{64}$/
const SIGNED_ALWAYS = ['host', 'x-amz-content-sha256', 'x-amz-date']

/** Whether a request is signed, by the key and for the region it should be. The sum itself is not made again. */
export function checkSignature(request: Request, signer: Signer): void {
  const { accessKeyId = 'test-key', region = 'eu-central-1' } = signer
  const match = AUTHORIZATION.exec(request.headers.get('authorization') ?? '')
  if (!match) throw new S3Refusal(403, 'AccessDenied', 'Access Denied: the request is not signed')
  const [, key, day, namedRegion, headers = ''] = match
  if (key !== accessKeyId)
    throw new S3Refusal(
      403,
      'InvalidAccessKeyId',
      'The AWS Access Key Id you provided does not exist',
    )
  if (namedRegion !== region)
    throw new S3Refusal(
      400,
      'AuthorizationHeaderMalformed',
      `The region '${namedRegion}' is wrong; expecting '${region}'`,
    )
  const missing = SIGNED_ALWAYS.filter((name) => !headers.split(';').includes(name))
  const isToday = request.headers.get('x-amz-date')?.startsWith(day ?? '') ?? false
  if (missing.length > 0 || !isToday)
    throw new S3Refusal(403, 'SignatureDoesNotMatch', `not signed: ${missing.join(', ')}`)
}
