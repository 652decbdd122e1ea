// The shape of every JSON answer, once. The compiler holds each schema to its type in contract.ts,
// openapi.json is made from it, and the tests parse real answers with it. Objects are strict: a
// field the contract does not name fails the tests.
import type { JsonSchema } from '@valibot/to-json-schema'
import { toJsonSchemaDefs } from '@valibot/to-json-schema'
import * as v from 'valibot'
import type * as contract from '#contract'
import { DROP_REASONS, REJECT_REASONS } from '#ledger'
import { ERRORS, type ErrorBody, type ErrorCode } from '../errors.ts'
import type { About } from '../options.ts'
import { at, CALL_SCHEMAS, count } from './call-schemas.ts'
import { FLEET_SCHEMAS } from './fleet-schemas.ts'
import { PEOPLE_SCHEMAS } from './people-schemas.ts'
import { SEARCH_SCHEMAS } from './search-schemas.ts'
import { STATE_SCHEMAS } from './state-schemas.ts'

// Reasons that never happened are left out, and no reason may be there that the ledger does not know.
const tally = <Reason extends string>(reasons: readonly Reason[]) =>
  v.strictObject({
    total: count,
    byReason: v.strictObject(v.entriesFromList(reasons, v.exactOptional(count))),
  })

const ledger: v.GenericSchema<contract.Ledger> = v.strictObject({
  received: count,
  stored: count,
  pending: count,
  rejected: tally(REJECT_REASONS),
  dropped: tally(DROP_REASONS),
  balanced: v.boolean(),
})

const nodeRow: v.GenericSchema<contract.NodeRow> = v.strictObject({
  node: v.string(),
  version: v.string(),
  state: v.picklist(['starting', 'ready', 'draining', 'stopped', 'lost']),
  startedAt: at,
  heartbeatAt: at,
  ledger,
  signals: v.record(v.string(), v.number()),
})

const about: v.GenericSchema<About> = v.strictObject({
  version: v.string(),
  hep: v.array(v.strictObject({ transport: v.string(), address: v.string() })),
  layouts: v.exactOptional(v.array(v.string())),
  homer7: v.exactOptional(v.string()),
})

// `error` is all there is in an answer that is not a success; /readyz adds to it.
const error: v.GenericSchema<ErrorBody> = v.strictObject({
  error: v.strictObject({
    code: v.picklist(Object.keys(ERRORS) as ErrorCode[]),
    message: v.string(),
    hint: v.string(),
    at: v.exactOptional(count),
    length: v.exactOptional(count),
    reason: v.exactOptional(v.string()),
    fields: v.exactOptional(v.record(v.string(), v.string())),
  }),
})

/** Every named shape; the names appear in openapi.json under components/schemas. */
export const SCHEMAS = {
  ...CALL_SCHEMAS,
  ...SEARCH_SCHEMAS,
  Ledger: ledger,
  ...STATE_SCHEMAS,
  Nodes: v.strictObject({ nodes: v.array(nodeRow) }),
  NodeRow: nodeRow,
  ...FLEET_SCHEMAS,
  About: about,
  Health: v.strictObject({ alive: v.literal(true) }),
  Readiness: v.strictObject({ ready: v.literal(true), missing: v.array(v.string()) }),
  OpenApi: v.looseObject({ openapi: v.literal('3.1.0') }),
  ...PEOPLE_SCHEMAS,
  Error: error,
} as const
/** A name under components/schemas. */
export type SchemaName = keyof typeof SCHEMAS

/** The same as JSON Schema, for components/schemas. */
export const jsonSchemas = (): Record<SchemaName, JsonSchema> =>
  toJsonSchemaDefs(SCHEMAS, {
    // Trimming and comparing fields has no word in JSON Schema; the answer to a bad body has.
    errorMode: 'ignore',
    typeMode: 'input',
    overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
    // 'date-time' is what a time is; the pattern valibot would add allows several other forms.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'iso_timestamp' ? { ...jsonSchema, format: 'date-time' } : undefined,
  })
