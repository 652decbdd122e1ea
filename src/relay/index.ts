// The relay: from the spool to the next servers, each with a cursor of its own. outlet.ts says what a way
// out is; carrier.ts does for all of them what they share.
export type { Carrier } from './carrier.ts'
export { type Destination, DestinationError } from './destination.ts'
export type { Outlet, Parcel, Receipt, RelayDropReason } from './outlet.ts'
export {
  checkDestinations,
  type DestinationState,
  destinationNames,
  type Relay,
  type RelayOptions,
  startRelay,
} from './start-relay.ts'
