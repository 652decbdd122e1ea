// One way in. Each transport has a file that makes one; a lane's thread starts and closes them.
import type { Transport } from '#spool'

/** Host and port; port 0 asks the system for a free one. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listener {
  readonly transport: Transport
  /** Where it listens, with the port the system chose. */
  readonly address: Address
  /** Stops listening, takes in what had reached us, then closes. Safe to call twice. */
  close(): Promise<void>
}
