// Routes that say how the capture itself is doing.
import { ApiError } from '../errors.ts'
import { json } from '../http/reply.ts'
import { type Route, route } from '../http/route.ts'

/** Ledger, sources, sockets, nodes, and the server itself. */
export const STATE_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api/v1/ledger',
    summary: 'Every packet ever received, and what became of it.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Ledger' },
    errors: [],
    handle: async (_, { store }) => json(await store.ledger()),
  }),
  route({
    method: 'GET',
    path: '/api/v1/sources',
    summary: 'Who sends.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Sources' },
    errors: [],
    handle: async (_, { store }) => json({ sources: await store.sources() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/ingest',
    summary: "This node's sockets: what reached them, and whom they turned away last.",
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Ingest' },
    errors: ['no_intake'],
    handle: (_, { options }) => {
      if (options.ingest) return json(options.ingest())
      throw new ApiError(
        'no_intake',
        'This server takes no HEP itself.',
        'Ask a capture node (calliope up or calliope capture).',
      )
    },
  }),
  route({
    method: 'GET',
    path: '/api/v1/nodes',
    summary: 'Capture nodes and how they are.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'Nodes' },
    errors: [],
    handle: async (_, { store }) => json({ nodes: await store.nodes() }),
  }),
  route({
    method: 'GET',
    path: '/api/v1/about',
    summary: 'This server: its version and where it takes HEP.',
    access: 'token',
    params: {},
    answer: { kind: 'json', schema: 'About' },
    errors: [],
    handle: (_, { options }) => json(options.about?.() ?? { version: 'unknown', hep: [] }),
  }),
]
