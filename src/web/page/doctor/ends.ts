// Where this server takes HEP, as an agent elsewhere would name it.

/** Of /api/v1/about, what is needed here. */
export interface About {
  readonly version: string
  readonly hep: readonly { readonly transport: string; readonly address: string }[]
  /** Which tables messages go to; absent where none are written. */
  readonly layouts?: readonly string[]
  readonly homer7?: string
}

export interface End {
  readonly transport: string
  readonly host: string
  readonly port: number
  /** Only programs on the same machine reach it. */
  readonly isLocal: boolean
}

/** An address that stands for every address of the server is reached by the name we came by. */
export function endsOf({ hep }: About, ourName: string): readonly End[] {
  return hep.map(({ transport, address }) => {
    const [, bound = '', port = '0'] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? []
    const isEverywhere = bound === '0.0.0.0' || bound === '::'
    const host = isEverywhere ? ourName.replace(/^\[(.*)\]$/, '$1') : bound
    return { transport, host, port: Number(port), isLocal: /^(127\.|::1$|localhost$)/.test(host) }
  })
}
