// The capture nodes: alive or not, how busy, how far behind.
import type { NodeRow } from '#contract'
import { showBytes, showCount, spanOf } from '../parts/format.ts'
import { Sideways } from '../parts/sideways.tsx'

interface Props {
  readonly nodes: readonly NodeRow[]
  /** The node somebody came here for. */
  readonly chosen: string | undefined
  readonly nowMs: number
}

const MOOD: Record<NodeRow['state'], string> = {
  starting: 'open',
  ready: 'good',
  draining: 'mild',
  stopped: '',
  lost: 'bad',
}

export function NodeList({ nodes, chosen, nowMs }: Props) {
  if (nodes.length === 0)
    return (
      <p class="muted">
        No capture node has reported to this database: start one with <code>calliope capture</code>.
      </p>
    )
  return (
    <Sideways label="Nodes">
      <table class="fact-table">
        <thead>
          <tr>
            <th>Node</th>
            <th>State</th>
            <th>Version</th>
            <th class="right">Rate</th>
            <th class="right">Waiting</th>
            <th class="right">Spool</th>
            <th class="right">Spool age</th>
            <th class="right">Connections</th>
            <th class="right">Heartbeat</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ node, state, version, signals, heartbeatAt, ledger, startedAt }) => (
            <tr key={node} data-node={node} aria-current={node === chosen ? 'true' : undefined}>
              <td>
                <b>{node}</b>
              </td>
              <td>
                <span class={`badge ${MOOD[state]}`}>{state}</span>
              </td>
              <td title={`Started ${startedAt}`}>{version}</td>
              <td class="right">{showCount(Math.round(signals.packetsPerSecond ?? 0))} /s</td>
              <td class="right">{showCount(ledger.pending)}</td>
              <td class="right">{showBytes(signals.spoolBytes ?? 0)}</td>
              <td class={`right ${(signals.spoolAgeSeconds ?? 0) > 10 ? 'worse' : ''}`}>
                {spanOf((signals.spoolAgeSeconds ?? 0) * 1000)}
              </td>
              <td class="right">{showCount(signals.connections ?? 0)}</td>
              <td class="right" title={heartbeatAt}>
                {spanOf(Math.max(0, nowMs - Date.parse(heartbeatAt)))} ago
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  )
}
