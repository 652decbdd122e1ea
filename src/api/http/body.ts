// Reads the JSON body of a request after its schema, and says at which field it is wrong.
import * as v from 'valibot'
import { ApiError } from '../errors.ts'

const BODY_CHARS_MAX = 256 * 1024

/** The body of the request, checked; throws `bad_body` with a message for each wrong field. */
export async function readBody<Schema extends v.GenericSchema>(
  { request }: { readonly request: Request },
  schema: Schema,
): Promise<v.InferOutput<Schema>> {
  const type = request.headers.get('content-type') ?? ''
  const text = await request.text()
  if (!/^application\/json\b/i.test(type) || text.length > BODY_CHARS_MAX)
    throw badBody('The body is not JSON, or larger than 256 KiB.', {})
  const result = v.safeParse(schema, parseJson(text))
  if (result.success) return result.output
  const fields = Object.fromEntries(
    result.issues.map((issue) => [v.getDotPath(issue) ?? '', issue.message]),
  )
  const [[field, message] = ['', '']] = Object.entries(fields)
  throw badBody(field ? `${field}: ${message}` : message, fields)
}

/** The error for a body that is not allowed; `fields` has a message for each wrong field. */
export const badBody = (message: string, fields: Readonly<Record<string, string>>): ApiError =>
  new ApiError('bad_body', message, 'Mend the fields named and send it again.', {
    place: { fields },
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw badBody(`The body is not JSON: ${(error as Error).message}.`, {})
  }
}
