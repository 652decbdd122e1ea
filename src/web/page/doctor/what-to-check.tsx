// When nothing arrives: where we listen, what to open, how to see packets on the way, and what this
// node's sockets have to say.
import type { IngestState } from '#contract'
import { showCount } from '../parts/format.ts'
import { Sideways } from '../parts/sideways.tsx'
import type { End } from './ends.ts'
import { adviseOnSockets } from './source-advice.ts'

interface Props {
  readonly ends: readonly End[]
  readonly ingest: IngestState | undefined
}

const protocolOf = ({ transport }: End): string => (transport === 'udp' ? 'udp' : 'tcp')

export function WhatToCheck({ ends, ingest }: Props) {
  const ports = ends.map((end) => ({ ...end, protocol: protocolOf(end) }))
  return (
    <section class="panel checks">
      <h2>When nothing arrives</h2>
      <ol>
        <li>
          Calliope listens on{' '}
          {ports.map(({ transport, host, port }, i) => (
            <>
              {i > 0 && ', '}
              <code>
                {transport} {host.includes(':') ? `[${host}]` : host}:{port}
              </code>
            </>
          ))}
          . An agent elsewhere must name an address that leads there.
        </li>
        <li>
          The firewall lets it in:
          <Sideways label="Firewall">
            <pre>
              {ports.map(({ protocol, port }) => `ufw allow ${port}/${protocol}`).join('\n')}
              {'\n'}
              {ports
                .map(
                  ({ protocol, port }) => `firewall-cmd --permanent --add-port=${port}/${protocol}`,
                )
                .join('\n')}
            </pre>
          </Sideways>
        </li>
        <li>
          Packets reach this machine:
          <Sideways label="Packets">
            <pre>tcpdump -ni any '{ports.map(({ port }) => `port ${port}`).join(' or ')}'</pre>
          </Sideways>
        </li>
        {ingest && <SocketFacts ingest={ingest} />}
      </ol>
    </section>
  )
}

function SocketFacts({ ingest }: { ingest: IngestState }) {
  const { udpDatagrams, streamBytes, connectionsOpen, connectionsRefused, lastRefused } = ingest
  return (
    <>
      <li>
        The sockets of this node took {showCount(udpDatagrams)} datagrams and{' '}
        {showCount(streamBytes)} bytes over streams since it started; {showCount(connectionsOpen)}{' '}
        connections are open, {showCount(connectionsRefused)} were refused.
        {udpDatagrams + streamBytes === 0 && ' Nothing has reached the ports yet.'}
      </li>
      {lastRefused && (
        <li class="worse">
          Last turned away: {lastRefused.peer} over {lastRefused.transport.toUpperCase()} at{' '}
          {lastRefused.at}. {lastRefused.why}
        </li>
      )}
      {adviseOnSockets(ingest).map(({ mood, text }) => (
        <li key={text} class={mood === 'bad' ? 'worse' : ''}>
          {text}
        </li>
      ))}
    </>
  )
}
