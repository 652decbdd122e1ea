// Routes for settings that live in the database: they hold for all nodes on it and change while those
// run. Every change is written into the audit log, which is read here, too.
import { createHmac } from 'node:crypto'
import type { MaskingPolicy, RetentionSetting } from '#contract'
import { randomToken } from '../auth/credentials.ts'
import { peopleOf } from '../auth/login-context.ts'
import { NO_MASKING } from '../auth/policies.ts'
import { ApiError } from '../errors.ts'
import { readBody } from '../http/body.ts'
import { integer, opaque, segment } from '../http/params.ts'
import { json } from '../http/reply.ts'
import { type RequestContext, type Route, route } from '../http/route.ts'
import { newAgentKeyForm, PEOPLE_SCHEMAS } from '../schemas/people-schemas.ts'
import { changed, missing } from './user-routes.ts'

const id = segment('the id of the key', 18)
const ADMIN = { access: 'token', role: 'admin', scope: 'admin' } as const
const AS_CONFIGURED: RetentionSetting = { hours: null, bytesMax: null }

/** Aliases, masking, retention, agent keys, and the audit log. */
export const SETTINGS_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/aliases',
    summary: 'Names for addresses, to show instead of them.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Aliases' },
    errors: ['unknown_route'],
    handle: async (_, context) => json({ aliases: await peopleOf(context).aliases() }),
  }),
  route({
    ...ADMIN,
    method: 'PUT',
    path: '/api/v1/settings/aliases',
    summary: 'Replaces all aliases.',
    role: 'engineer',
    params: {},
    body: 'Aliases',
    answer: { kind: 'json', schema: 'Aliases' },
    errors: ['unknown_route'],
    handle: async (_, context) => {
      const { aliases } = await readBody(context, PEOPLE_SCHEMAS.Aliases)
      await peopleOf(context).setAliases(aliases)
      await changed(context, 'settings', 'aliases', { count: aliases.length })
      return json({ aliases })
    },
  }),
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/settings/masking',
    summary: 'What is hidden from which role.',
    params: {},
    answer: { kind: 'json', schema: 'MaskingPolicy' },
    errors: ['unknown_route'],
    handle: async (_, context) => {
      const policy = (await peopleOf(context).setting('masking')) as MaskingPolicy | undefined
      return json({ ...NO_MASKING, ...policy })
    },
  }),
  route({
    ...ADMIN,
    method: 'PUT',
    path: '/api/v1/settings/masking',
    summary: 'Changes what is hidden from which role.',
    params: {},
    body: 'MaskingPolicy',
    answer: { kind: 'json', schema: 'MaskingPolicy' },
    errors: ['unknown_route'],
    handle: async (_, context) => {
      const policy = await readBody(context, PEOPLE_SCHEMAS.MaskingPolicy)
      await peopleOf(context).setSetting('masking', policy)
      await changed(context, 'settings', 'masking', { ...policy })
      return json(policy)
    },
  }),
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/settings/retention',
    summary: 'How long calls are kept: what is set here, and what is in force.',
    params: {},
    answer: { kind: 'json', schema: 'Retention' },
    errors: ['unknown_route'],
    handle: async (_, context) => {
      const set = (await peopleOf(context).setting('retention')) as RetentionSetting | undefined
      return json(retentionOf(set ?? AS_CONFIGURED, context))
    },
  }),
  route({
    ...ADMIN,
    method: 'PUT',
    path: '/api/v1/settings/retention',
    summary: 'Changes how long calls are kept; null is what the configuration says.',
    params: {},
    body: 'RetentionSetting',
    answer: { kind: 'json', schema: 'Retention' },
    errors: ['unknown_route'],
    handle: async (_, context) => {
      const setting = await readBody(context, PEOPLE_SCHEMAS.RetentionSetting)
      await peopleOf(context).setSetting('retention', setting)
      await changed(context, 'settings', 'retention', { ...setting })
      return json(retentionOf(setting, context))
    },
  }),
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/settings/agent-keys',
    summary: 'Keys agents may send besides those of intake.keys, without the keys themselves.',
    params: {},
    answer: { kind: 'json', schema: 'AgentKeys' },
    errors: ['unknown_route'],
    handle: async (_, context) => json({ agentKeys: await peopleOf(context).agentKeys() }),
  }),
  route({
    ...ADMIN,
    method: 'POST',
    path: '/api/v1/settings/agent-keys',
    summary: 'Makes a key for agents; it is in this answer and nowhere else.',
    params: {},
    body: 'NewAgentKey',
    answer: { kind: 'json', schema: 'IssuedAgentKey' },
    errors: ['name_taken', 'unknown_route'],
    handle: async (_, context) => {
      const { name } = await readBody(context, newAgentKeyForm)
      const people = peopleOf(context)
      const key = randomToken()
      const hash = createHmac('sha256', await people.secret('agent-keys'))
        .update(key)
        .digest()
      const id = await people.addAgentKey(name, hash, context.who.name)
      if (id === undefined)
        throw new ApiError('name_taken', `There is a key ${name} already.`, 'Take another name.', {
          place: { fields: { name: 'is taken' } },
        })
      await changed(context, 'agent-key-made', name)
      return json({ id, key })
    },
  }),
  route({
    ...ADMIN,
    method: 'DELETE',
    path: '/api/v1/settings/agent-keys/{id}',
    summary: 'Revokes a key of agents.',
    params: { id },
    answer: { kind: 'json', schema: 'Done' },
    errors: ['not_found', 'unknown_route'],
    handle: async ({ id }, context) => {
      const isGone = /^\d+$/.test(id) && (await peopleOf(context).removeAgentKey(id))
      if (!isGone) throw missing('key', id)
      await changed(context, 'agent-key-revoked', id)
      return json({ done: true })
    },
  }),
  route({
    ...ADMIN,
    method: 'GET',
    path: '/api/v1/audit',
    summary: 'Who did what, newest first.',
    params: {
      who: opaque('only what this one did', 100),
      action: opaque('only this', 100),
      before: opaque('nextBefore of the page before', 18),
      limit: integer('entries', { min: 1, max: 1000, byDefault: 100 }),
    },
    answer: { kind: 'json', schema: 'Audit' },
    errors: ['unknown_route'],
    handle: async ({ before, ...search }, context) => {
      if (before !== undefined && !/^\d+$/.test(before))
        throw new ApiError('bad_parameter', `before is ${before}.`, 'Allowed: what an answer gave.')
      const entries = await peopleOf(context).audit({ ...search, before })
      const nextBefore = entries.length === search.limit ? entries.at(-1)!.id : null
      return json({ entries, nextBefore })
    },
  }),
]

// The database wins: one database has many nodes, and their files may differ.
const retentionOf = (setting: RetentionSetting, { options }: RequestContext) => ({
  setting,
  inForce: {
    hours: setting.hours ?? options.retention?.hours ?? 336,
    bytesMax: setting.bytesMax ?? options.retention?.bytesMax ?? 0,
  },
})
