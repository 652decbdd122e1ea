// From intake's counters to what the ingest doctor shows of this node's sockets.
import type { IngestState } from '#contract'
import type { IntakeStats } from '#intake'

export function ingestState({ total, lastWarning }: IntakeStats): IngestState {
  const { udpDatagrams, streamBytes, connectionsOpen, connectionsRefused } = total
  const { connectionsExpelled, kernelDrops } = total
  const { receiveBufferAskedBytes, receiveBufferGrantedBytes } = total
  return {
    ...{ udpDatagrams, streamBytes, connectionsOpen, connectionsRefused, connectionsExpelled },
    ...{ kernelDrops, receiveBufferAskedBytes, receiveBufferGrantedBytes },
    lastRefused: lastWarning
      ? {
          at: new Date(lastWarning.atMs).toISOString(),
          peer: lastWarning.peer,
          transport: lastWarning.transport,
          why: lastWarning.why,
        }
      : null,
  }
}
