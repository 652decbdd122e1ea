// Everything the API answers, as one table. Routing, checking, errors and openapi.json come from it,
// and docs/api.md explains it; the tests hold all of them together.

import { json } from '../http/reply.ts'
import { type Route, route } from '../http/route.ts'
import { openApi } from '../openapi.ts'
import { CALL_ROUTES } from './call-routes.ts'
import { COMPARISON_ROUTES } from './comparison-routes.ts'
import { DEMO_ROUTES } from './demo-routes.ts'
import { FLEET_ROUTES } from './fleet-routes.ts'
import { KPI_ROUTES } from './kpi-routes.ts'
import { QUARANTINE_ROUTES } from './quarantine-routes.ts'
import { SEARCH_ROUTES } from './search-routes.ts'
import { SERVER_ROUTES } from './server-routes.ts'
import { SESSION_ROUTES } from './session-routes.ts'
import { SETTINGS_ROUTES } from './settings-routes.ts'
import { SHARE_ROUTES } from './share-routes.ts'
import { STATE_ROUTES } from './state-routes.ts'
import { USER_ROUTES } from './user-routes.ts'

const DESCRIPTION = route({
  method: 'GET',
  path: '/api/v1/openapi.json',
  summary: 'This description.',
  access: 'token',
  params: {},
  answer: { kind: 'json', schema: 'OpenApi' },
  errors: [],
  handle: () => json(openApi(ROUTES)),
})

/** All of it; docs/api.md keeps the same order of subjects. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...SEARCH_ROUTES,
  ...CALL_ROUTES,
  ...COMPARISON_ROUTES,
  ...SHARE_ROUTES,
  ...STATE_ROUTES,
  ...QUARANTINE_ROUTES,
  ...KPI_ROUTES,
  ...FLEET_ROUTES,
  ...DEMO_ROUTES,
  ...SESSION_ROUTES,
  ...USER_ROUTES,
  ...SETTINGS_ROUTES,
  DESCRIPTION,
]
