// Routes around searching: how many calls there are over time, values to complete a query with, and
// searches saved under a name.

import { ApiError } from '../errors.ts'
import { readBody } from '../http/body.ts'
import { integer, refuseBackwards, segment, text, time } from '../http/params.ts'
import { json, type Reply } from '../http/reply.ts'
import { quote, type RequestContext, type Route, route } from '../http/route.ts'
import { newSearch } from '../schemas/search-schemas.ts'

const NO_SUCH = 'GET /api/v1/searches lists those there are.'
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Counts, values, saved searches. None lies below `/calls/`: every word there is a Call-ID. */
export const SEARCH_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/histogram',
    summary: 'How many calls match over time, by how they stand.',
    access: 'token',
    params: {
      q: text('search, see docs/search.md; empty = everything', 4096),
      from: time('start of the time range; absent = the oldest call', undefined),
      to: time('end of the time range; absent = now', undefined),
      buckets: integer('buckets at most', { min: 2, max: 400, byDefault: 60 }),
    },
    answer: { kind: 'json', schema: 'CallCounts' },
    errors: ['bad_query'],
    handle: async ({ q, from, to, buckets }, { store, signal }) => {
      refuseBackwards(from, to)
      return json(await store.countCalls({ q, fromUs: from, toUs: to, buckets }, signal))
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/values',
    summary: 'Values a field of the query language held lately, those seen most often first.',
    access: 'token',
    params: {
      field: text('a field of the query language, or header for names of headers', 200),
      prefix: text('what the value begins with', 200),
    },
    answer: { kind: 'json', schema: 'RecentValues' },
    errors: [],
    handle: async ({ field, prefix }, { store, signal }) =>
      json({ values: await store.recentValues(field, prefix, signal) }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/searches',
    summary: 'Saved searches: your own, and those others share.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'SavedSearches' },
    errors: [],
    handle: async (_, { store, who }) => json({ searches: await store.searches.list(who.name) }),
  }),
  route({
    method: 'POST',
    path: '/api/v1/searches',
    summary: 'Saves a search under a name; one of that name is replaced.',
    access: 'token',
    scope: 'read',
    params: {},
    body: 'NewSearch',
    answer: { kind: 'json', schema: 'SavedSearch' },
    errors: ['too_many_searches'],
    handle: (_, context) => saveSearch(context),
  }),
  route({
    method: 'DELETE',
    path: '/api/v1/searches/{id}',
    summary: 'Forgets a saved search of your own; an admin, anybody’s.',
    access: 'token',
    scope: 'read',
    params: { id: segment('the id of a saved search', 64) },
    answer: { kind: 'json', schema: 'SearchDeleted' },
    errors: ['search_not_found'],
    handle: async ({ id }, { store, who }) => {
      const owner = who.role === 'admin' ? undefined : who.name
      if (!UUID.test(id) || !(await store.searches.remove(id, owner)))
        throw new ApiError('search_not_found', `There is no saved search ${quote(id)}.`, NO_SUCH)
      return json({ deleted: true })
    },
  }),
]

async function saveSearch(context: RequestContext): Promise<Reply> {
  const search = await readBody(context, newSearch)
  const saved = await context.store.searches.save({ ...search, owner: context.who.name })
  if (saved) return json(saved)
  throw new ApiError(
    'too_many_searches',
    `${context.who.name} has as many saved searches as one may have.`,
    'Delete one first.',
  )
}
