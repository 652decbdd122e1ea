// The quarantine: frames that failed a check, to look at, to delete, to try again.
import { isIPv6 } from 'node:net'
import type { Quarantined, QuarantineRetry } from '#contract'
import { ApiError } from '../errors.ts'
import { flag, integer, type Param } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'

const id: Param<string> = {
  in: 'path',
  help: 'id of the frame',
  allowed: 'a number, as the list gives it',
  schema: { type: 'string', pattern: '^[0-9]{1,18}$' },
  byDefault: () => '',
  parse: (text) => (/^\d{1,18}$/.test(text) ? text : undefined),
}

export const QUARANTINE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/quarantine',
    summary: 'Frames that failed a check, newest first.',
    access: 'token',
    params: { limit: integer('frames', { min: 1, max: 1000, byDefault: 100 }) },
    answer: { kind: 'json', schema: 'Quarantine' },
    errors: [],
    handle: async ({ limit }, { store }) => json({ quarantine: await store.quarantine(limit) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/quarantine/{id}/retry',
    summary: 'Checks a frame by the rules of today; one that passes is received once more.',
    access: 'token',
    role: 'engineer',
    params: { id, force: flag('also when an earlier try did not report back', false) },
    answer: { kind: 'json', schema: 'QuarantineRetry' },
    errors: ['frame_not_found', 'frame_claimed', 'no_intake', 'spool_unavailable'],
    handle: async ({ id, force }, context) => {
      const result = await retry(id, force, context)
      await context.audit('quarantine-retry', id, { outcome: result.outcome, force })
      return json(result)
    },
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/quarantine/{id}',
    summary: 'Deletes a frame; it stays counted as rejected.',
    access: 'token',
    role: 'engineer',
    params: { id },
    answer: { kind: 'json', schema: 'QuarantineDeleted' },
    errors: ['frame_not_found'],
    handle: async ({ id }, { store, audit }) => {
      if (!(await store.quarantineKeeper.remove(id))) throw notFound(id)
      await audit('quarantine-delete', id)
      return json({ deleted: true })
    },
  }),
]

// Claim, try, then delete or give back. When the disk fails while the frame is being written nobody
// knows whether it is there: then the claim stays, and a person decides (`force`).
async function retry(
  id: string,
  force: boolean,
  { store, options }: RequestContext,
): Promise<QuarantineRetry> {
  const { retryFrame } = options
  if (!retryFrame)
    throw new ApiError(
      'no_intake',
      'This server takes no HEP itself.',
      'Ask a capture node (calliope up or calliope capture).',
    )
  const keeper = store.quarantineKeeper
  const frame = await keeper.find(id)
  if (frame === undefined) throw notFound(id)
  if (!(await keeper.claim(id, { force }))) throw claimed(id, frame)
  const tried = await retryFrame(arrivalOf(frame))
  if (tried.kind === 'accepted') {
    await keeper.remove(id)
    return { outcome: 'accepted' }
  }
  if (tried.kind === 'unavailable') {
    await keeper.release(id)
    throw new ApiError('spool_unavailable', tried.why, 'Nothing is lost: try again in a moment.')
  }
  const { reason, detail, offset } = tried.fault
  await keeper.release(id, { reason, detail, byteOffset: offset })
  return { outcome: 'refused', reason, byteOffset: offset, detail }
}

function arrivalOf({ receivedAt, transport, peer, frame }: Quarantined) {
  const [, host = '', port = '0'] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(peer) ?? []
  const micros = Number(receivedAt.slice(20, 26).padEnd(6, '0'))
  return {
    receivedUs: Math.floor(Date.parse(receivedAt) / 1000) * 1e6 + micros,
    transport,
    peerIp: isIPv6(peer) ? peer : host,
    peerPort: Number(port),
    bytes: Buffer.from(frame, 'base64'),
  }
}

const notFound = (id: string): ApiError =>
  new ApiError(
    'frame_not_found',
    `No frame ${id} is in quarantine.`,
    'It was deleted, taken, or pushed out by newer ones.',
  )

const claimed = (id: string, { retryAt }: Quarantined): ApiError =>
  new ApiError(
    'frame_claimed',
    `Frame ${id} is being tried again${retryAt ? ` since ${retryAt}` : ''}.`,
    'If that does not end, the node that tried it has: look whether its call is there, and if not ' +
      'try again with force=1.',
  )
