// The API from the command line's side: `calliope search`, `call` and `tail` use it. Types come from
// the contract; errors keep the code, message and hint the server gave.
import type {
  CallDetail,
  CallPage,
  Fleet,
  KpiMinute,
  Ledger,
  NodeRow,
  Quarantined,
  Source,
  TailEvent,
} from '#contract'
import type { ErrorBody } from './errors.ts'
import { readEvents } from './live/sse-reader.ts'
import type { About } from './options.ts'

/** Which server, and how to be let in. */
export interface ClientOptions {
  /** 'http://127.0.0.1:9080' */
  readonly url: string
  readonly token?: string
}

/** As in the API: times are RFC 3339 or ages such as '-15m'. */
export interface SearchOptions {
  readonly q?: string
  readonly from?: string
  readonly to?: string
  readonly limit?: number
  readonly cursor?: string
}

/** How much of a call. */
export interface ExportOptions {
  /** Other legs of the same call too. @default true */
  readonly correlate?: boolean
}

/** What the server said was wrong, or that it said nothing at all (`server_unreachable`). */
export class ClientError extends Error {
  readonly code: string
  readonly hint: string
  /** HTTP status; 0 when there was no answer. */
  readonly status: number
  /** For `bad_query`: where in `q`, in characters. */
  readonly at: number | undefined
  readonly length: number | undefined

  constructor(
    status: number,
    { error }: { error: Omit<ErrorBody['error'], 'code'> & { code: string } },
    cause?: unknown,
  ) {
    super(error.message, { cause })
    this.status = status
    this.code = error.code
    this.hint = error.hint
    this.at = error.at
    this.length = error.length
  }
}

/** One method per route; every one rejects with ClientError. */
export interface Client {
  calls(search?: SearchOptions, signal?: AbortSignal): Promise<CallPage>
  /** Undefined when there is no such call. */
  call(
    callId: string,
    options?: ExportOptions,
    signal?: AbortSignal,
  ): Promise<CallDetail | undefined>
  text(callId: string, options?: ExportOptions, signal?: AbortSignal): Promise<string>
  pcap(callId: string, options?: ExportOptions, signal?: AbortSignal): Promise<Uint8Array>
  /** Calls as they are stored, until the signal aborts or the server goes (`connection_lost`). */
  tail(q: string, signal?: AbortSignal): AsyncGenerator<TailEvent, void, void>
  ledger(): Promise<Ledger>
  sources(): Promise<readonly Source[]>
  quarantine(limit?: number): Promise<readonly Quarantined[]>
  kpi(range?: Pick<SearchOptions, 'from' | 'to'>): Promise<readonly KpiMinute[]>
  nodes(): Promise<readonly NodeRow[]>
  /** The nodes of the server's database now, and their events since `from`. */
  fleet(from?: string): Promise<Fleet>
  about(): Promise<About>
  /** How long calls are kept, in hours; administrators may ask. */
  retentionHours(): Promise<number>
}

/** A client for one server; connects when first asked. */
export const openClient = (options: ClientOptions): Client => new HttpClient(options)

type Query = Readonly<Record<string, string | number | undefined>>

class HttpClient implements Client {
  readonly #url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor({ url, token }: ClientOptions) {
    // 'http://host:9080/' and 'http://host:9080' are the same to whoever types them.
    this.#url = url.replace(/\/+$/, '')
    this.#headers = token ? { authorization: `Bearer ${token}` } : {}
  }

  calls(search: SearchOptions = {}, signal?: AbortSignal): Promise<CallPage> {
    return this.#json('calls', { ...search }, signal)
  }

  // Not finding a call is an answer, not a failure.
  async call(callId: string, options?: ExportOptions, signal?: AbortSignal) {
    try {
      return await this.#json<CallDetail>(callPath(callId), correlate(options), signal)
    } catch (error) {
      if (error instanceof ClientError && error.code === 'call_not_found') return undefined
      throw error
    }
  }

  async text(callId: string, options?: ExportOptions, signal?: AbortSignal): Promise<string> {
    return (await this.#get(`${callPath(callId)}/text`, correlate(options), signal)).text()
  }

  async pcap(callId: string, options?: ExportOptions, signal?: AbortSignal): Promise<Uint8Array> {
    return (await this.#get(`${callPath(callId)}/pcap`, correlate(options), signal)).bytes()
  }

  async *tail(q: string, signal?: AbortSignal): AsyncGenerator<TailEvent, void, void> {
    const response = await this.#get('live', { q }, signal)
    try {
      for await (const { event, data } of readEvents(response.body!)) {
        if (event === 'call') yield { kind: 'call', call: JSON.parse(data) }
        if (event === 'skipped') yield { kind: 'skipped', count: JSON.parse(data).count }
        if (event === 'error') throw new ClientError(response.status, JSON.parse(data))
      }
    } catch (error) {
      if (signal?.aborted) return
      throw error instanceof ClientError ? error : lost(this.#url, error)
    }
    // A stream has no end of its own: whoever ended it, it was not us.
    if (!signal?.aborted) throw lost(this.#url)
  }

  ledger(): Promise<Ledger> {
    return this.#json('ledger')
  }

  async sources(): Promise<readonly Source[]> {
    return (await this.#json<{ sources: Source[] }>('sources')).sources
  }

  async quarantine(limit?: number): Promise<readonly Quarantined[]> {
    return (await this.#json<{ quarantine: Quarantined[] }>('quarantine', { limit })).quarantine
  }

  async kpi(range: Pick<SearchOptions, 'from' | 'to'> = {}): Promise<readonly KpiMinute[]> {
    return (await this.#json<{ minutes: KpiMinute[] }>('kpi', { ...range })).minutes
  }

  async nodes(): Promise<readonly NodeRow[]> {
    return (await this.#json<{ nodes: NodeRow[] }>('nodes')).nodes
  }

  fleet(from = '-15m'): Promise<Fleet> {
    return this.#json('fleet', { from })
  }

  about(): Promise<About> {
    return this.#json('about')
  }

  async retentionHours(): Promise<number> {
    const { inForce } = await this.#json<{ inForce: { hours: number } }>('settings/retention')
    return inForce.hours
  }

  async #json<Value>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Value> {
    return (await (await this.#get(path, query, signal)).json()) as Value
  }

  async #get(path: string, query: Query, signal?: AbortSignal): Promise<Response> {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    )
    const url = `${this.#url}/api/v1/${path}${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`
    const response = await this.#fetch(url, signal)
    if (!response.ok) throw await refusal(response, url)
    return response
  }

  async #fetch(url: string, signal?: AbortSignal): Promise<Response> {
    try {
      // The server decides how long a request may take; a live stream takes for ever.
      return await fetch(url, {
        headers: this.#headers,
        timeout: false,
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      if (signal?.aborted) throw error
      throw unreachable(this.#url, error)
    }
  }
}

// Half of a surrogate pair cannot be written as UTF-8, and no stored Call-ID has one.
const callPath = (callId: string): string => `calls/${encodeURIComponent(callId.toWellFormed())}`

const correlate = ({ correlate = true }: ExportOptions = {}): Query =>
  correlate ? {} : { correlate: 0 }

// Whatever answered may be no Calliope at all: a proxy's error page, another program on the port.
async function refusal(response: Response, url: string): Promise<ClientError> {
  const text = await response.text()
  try {
    const body = JSON.parse(text)
    if (typeof body.error?.code === 'string') return new ClientError(response.status, body)
  } catch {}
  return new ClientError(response.status, {
    error: {
      code: 'not_calliope',
      message: `${url} answered ${response.status} in a form Calliope does not use.`,
      hint: 'Check the address: another program, or a proxy in between, may be answering.',
    },
  })
}

const unreachable = (url: string, cause: unknown): ClientError =>
  new ClientError(
    0,
    {
      error: {
        code: 'server_unreachable',
        message: `Nothing answers at ${url} (${(cause as { code?: string }).code ?? (cause as Error).message}).`,
        hint: 'Start the server with "calliope up" (or "calliope serve"), or name another with --url.',
      },
    },
    cause,
  )

const lost = (url: string, cause?: unknown): ClientError =>
  new ClientError(
    0,
    {
      error: {
        code: 'connection_lost',
        message: `The stream from ${url} has ended.`,
        hint: 'The server is going down or was restarted; try again in a moment.',
      },
    },
    cause,
  )
