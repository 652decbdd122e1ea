// A server over HTTP that keeps what it is posted and answers as it is told: for tests of services.
import { gunzipSync } from 'node:zlib'

export interface Posted {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

type Reply = (posted: Posted, count: number) => Response | Promise<Response>

export class ServiceRecorder implements AsyncDisposable {
  readonly posted: Posted[] = []
  readonly #server: Bun.Server<undefined>

  constructor(reply: Reply = () => new Response(null, { status: 204 })) {
    this.#server = Bun.serve({
      ...{ hostname: '127.0.0.1', port: 0 },
      fetch: async (request) => {
        const headers = Object.fromEntries(request.headers.entries())
        const bytes = Buffer.from(await request.arrayBuffer())
        const isGzip = headers['content-encoding'] === 'gzip'
        const body = (isGzip ? gunzipSync(bytes) : bytes).toString('utf8')
        const { pathname, search } = new URL(request.url)
        const posted = { path: `${request.method} ${pathname}${search}`, headers, body }
        this.posted.push(posted)
        return reply(posted, this.posted.length)
      },
    })
  }

  get host(): string {
    return `127.0.0.1:${this.#server.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true)
  }
}
