// Who failed calls and with what: by status code, and by the host that said so.
import type { KpiCode, KpiHost } from '#contract'
import { showCount } from '../parts/format.ts'
import { Sideways } from '../parts/sideways.tsx'
import { quoted, searchHref } from './overview-url.ts'
import { STATUS_NAMES } from './status-names.ts'

interface Span {
  readonly fromSeconds: number
  readonly toSeconds: number
}

const CODES_SHOWN = 12
const HOSTS_SHOWN = 12

export function CodeTable({ codes, fromSeconds, toSeconds }: Span & { codes: readonly KpiCode[] }) {
  const all = codes.reduce((sum, { count }) => sum + count, 0)
  return (
    <section class="panel">
      <h2>Failures by code</h2>
      {codes.length === 0 && <p class="muted">No call failed.</p>}
      <ol class="bars">
        {codes.slice(0, CODES_SHOWN).map(({ code, count }) => (
          <li key={code}>
            <a
              href={searchHref(`method:INVITE status:${code}`, fromSeconds, toSeconds)}
              data-code={code}
            >
              <span class="name">
                <b>{code}</b> {STATUS_NAMES[code] ?? ''}
              </span>
              <span class="value">{showCount(count)}</span>
              <Bar part={count / all} mood={code >= 500 && code < 600 ? 'bad' : 'mild'} />
            </a>
          </li>
        ))}
      </ol>
    </section>
  )
}

export function HostTable({ hosts, fromSeconds, toSeconds }: Span & { hosts: readonly KpiHost[] }) {
  const ranked = hosts.toSorted((a, b) => b.failed - a.failed).slice(0, HOSTS_SHOWN)
  const href = (q: string) => searchHref(`method:INVITE ${q}`, fromSeconds, toSeconds)
  return (
    <section class="panel wide">
      <h2>Hosts that decided calls</h2>
      {ranked.length === 0 && <p class="muted">No call was decided.</p>}
      {ranked.length > 0 && (
        <Sideways label="Hosts">
          <table class="fact-table">
            <thead>
              <tr>
                <th>Host</th>
                <th class="right">Failed</th>
                <th class="right">Answered</th>
                <th class="right">ASR</th>
                <th>With</th>
              </tr>
            </thead>
            <tbody>
              {ranked.map((host) => (
                <tr key={host.host} data-host={host.host}>
                  <td>
                    <a href={href(`ip:${quoted(host.host)}`)}>
                      <code>{host.host}</code>
                    </a>
                  </td>
                  <td class="right">{showCount(host.failed)}</td>
                  <td class="right">{showCount(host.answered)}</td>
                  <td class="right">{asrOf(host)}</td>
                  <td class="codes">
                    {topCodes(host).map(([code, count]) => (
                      <a
                        key={code}
                        class="chip"
                        title={STATUS_NAMES[Number(code)] ?? ''}
                        href={href(`ip:${quoted(host.host)} status:${code}`)}
                      >
                        {code} <small>{showCount(count)}</small>
                      </a>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Sideways>
      )}
    </section>
  )
}

const Bar = ({ part, mood }: { part: number; mood: string }) => (
  <svg class={`part-bar ${mood}`} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    <rect width={Math.max(0.5, part * 100)} height="4" />
  </svg>
)

const CODES_OF_HOST = 4
const topCodes = ({ failures }: KpiHost) =>
  Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .slice(0, CODES_OF_HOST)

function asrOf({ answered, failed, cancelled }: KpiHost): string {
  const all = answered + failed + cancelled
  return all === 0 ? '–' : `${Math.round((answered / all) * 100)} %`
}
