// A service as a person writes it, in `relay.to` as any other destination:
//
//   loki+http://loki.example:3100?labels=ip+call&org=voip
//   elastic+https://es.example:9200?index=heplify-server        opensearch+… is the same
//   influx+http://influx.example:8086?db=hep                    ?bucket=… means v2, ?api=v3&db=… v3
//
// Options of all: name, types (HEP protocol types, 1+5+100), batch (KiB of a request), flows (requests at
// once), gzip=no. The login is never here but in `relay.auth`, for destinations are logged.
import { hostname } from 'node:os'
import type { Destination } from '../destination.ts'
import { elasticService } from './elastic.ts'
import { INFLUX_VERSIONS, influxService } from './influx.ts'
import { LOKI_LABELS, lokiService } from './loki.ts'
import type { Service } from './service.ts'

export const SERVICES = ['loki', 'elastic', 'opensearch', 'influx'] as const
type ServiceKind = (typeof SERVICES)[number]

/** What is sent where, of a destination that is a service. */
export interface ServiceDestination {
  readonly service: Service
  readonly types: readonly number[]
  readonly batchBytes: number
  readonly isGzip: boolean
}

const COMMON = ['name', 'types', 'batch', 'flows', 'gzip']
const OPTIONS: Record<ServiceKind, readonly string[]> = {
  loki: ['org', 'labels'],
  elastic: ['index', 'pipeline'],
  opensearch: ['index', 'pipeline'],
  influx: ['api', 'db', 'rp', 'org', 'bucket', 'text'],
}
const PORTS: Record<ServiceKind, string> = {
  ...{ loki: '3100', elastic: '9200', opensearch: '9200', influx: '8086' },
}
/** As heplify-server's filters are set unless said otherwise; Elasticsearch has none. */
const TYPES: Record<ServiceKind, string> = {
  ...{ loki: '1+5+100', influx: '1+5+100', elastic: 'all', opensearch: 'all' },
}
const BATCH_KIB = 400
const BATCH_KIB_MAX = 8 * 1024
const FLOWS = 2
const FLOWS_MAX = 64
// What people paste: the address with the path that is put behind it anyhow.
const ENDPOINT =
  /\/(api\/prom\/push|loki\/api\/v1\/push|_bulk|write|api\/v2\/write|api\/v3\/write_lp)?\/?$/

/** Whether this is how a service is written. */
export const isService = (text: string): boolean =>
  SERVICES.some((kind) => text.trim().startsWith(`${kind}+`))

/** Says what is wrong with the destination. */
type Complain = (what: string) => Error

/** Reads a service; throws what `complain` makes. */
export function parseService(
  text: string,
  nameOf: (text: string) => string,
  complain: Complain,
): Destination {
  const parts = text.trim().split(/\s+/)
  const urls = parts.map((part) => urlOf(part, complain))
  const kind = urls[0]!.kind
  if (urls.some((each) => each.kind !== kind))
    throw complain('all addresses of a destination are of one service')
  const options = new Map(urls.flatMap(({ url }) => [...url.searchParams]))
  const known = [...COMMON, ...OPTIONS[kind]]
  const unknown = [...options.keys()].find((key) => !known.includes(key))
  if (unknown) throw complain(`no option '${unknown}'; there are ${known.join(', ')}`)
  const origins = urls.map(({ url }) => ({ kind: 'address' as const, target: targetOf(url) }))
  return {
    name: options.get('name') ?? nameOf(text),
    scheme: urls[0]!.url.protocol === 'https:' ? 'https' : 'http',
    ...{ origins, framesPerSecondMax: undefined, healthPort: undefined },
    flows: numberOf(options, 'flows', FLOWS, FLOWS_MAX, complain),
    service: {
      service: serviceOf(kind, options, complain),
      types: typesOf(options.get('types') ?? TYPES[kind], complain),
      batchBytes: numberOf(options, 'batch', BATCH_KIB, BATCH_KIB_MAX, complain) * 1024,
      isGzip: choose(options, 'gzip', ['yes', 'no'], 'yes', complain) === 'yes',
    },
  }
}

function urlOf(text: string, complain: Complain) {
  const [, kind = '', rest = ''] = /^([a-z]+)\+(https?:\/\/.*)$/.exec(text) ?? []
  if (!isKind(kind) || !URL.canParse(rest))
    throw complain('http://HOST or https://HOST must follow the name of the service and +')
  const url = new URL(rest)
  if (url.username || url.password)
    throw complain('a login does not belong here, where it would be logged, but in relay.auth')
  if (!/:\d+$/.test(url.host) && url.port === '' && !hasStandardPort(rest)) url.port = PORTS[kind]
  return { kind, url }
}

const isKind = (text: string): text is ServiceKind => SERVICES.includes(text as ServiceKind)

/** `https://host:443` loses its port when it is read. */
const hasStandardPort = (text: string): boolean =>
  /^https?:\/\/[^/?#]*:(80|443)(?=[/?#]|$)/.test(text)

const targetOf = ({ origin, pathname }: URL): string =>
  `${origin}${pathname.replace(ENDPOINT, '').replace(/\/+$/, '')}`

function serviceOf(
  kind: ServiceKind,
  options: ReadonlyMap<string, string>,
  complain: Complain,
): Service {
  const option = (key: string, byDefault = '') => options.get(key) ?? byDefault
  switch (kind) {
    case 'loki':
      return lokiService({
        ...{ hostname: hostname(), tenant: option('org') },
        labels: wordsOf(option('labels')).map((word) =>
          oneOf('labels', word, LOKI_LABELS, complain),
        ),
      })
    case 'elastic':
    case 'opensearch':
      return elasticService({
        index: indexOf(option('index', 'heplify-server'), complain),
        pipeline: option('pipeline'),
      })
    case 'influx':
      return influxService({
        api: choose(options, 'api', INFLUX_VERSIONS, options.has('bucket') ? 'v2' : 'v1', complain),
        ...{ database: option('db'), retentionPolicy: option('rp') },
        ...{ organisation: option('org'), bucket: option('bucket') },
        isEscaped: choose(options, 'text', ['escaped', 'plain'], 'escaped', complain) === 'escaped',
      })
  }
}

function indexOf(name: string, complain: Complain): string {
  if (/^[a-z0-9][a-z0-9._-]{0,100}$/.test(name)) return name
  throw complain(`index=${name}: an index begins with 1 to 101 of a-z, 0-9, '.', '_' and '-'`)
}

function typesOf(text: string, complain: Complain): number[] {
  if (text === 'all') return []
  return wordsOf(text).map((word) => {
    const type = Number(word)
    if (Number.isInteger(type) && type >= 0 && type <= 65_535) return type
    throw complain(`types=${text}: give numbers such as 1+5+100, or all`)
  })
}

/** A plus in a URL is a blank. */
const wordsOf = (text: string): string[] => text.split(/[+ .]+/).filter((word) => word !== '')

function numberOf(
  options: ReadonlyMap<string, string>,
  key: string,
  byDefault: number,
  max: number,
  complain: Complain,
): number {
  const number = Number(options.get(key) ?? byDefault)
  if (Number.isInteger(number) && number >= 1 && number <= max) return number
  throw complain(`${key}=${options.get(key)}: give a whole number from 1 to ${max}`)
}

const choose = <Word extends string>(
  options: ReadonlyMap<string, string>,
  key: string,
  words: readonly Word[],
  byDefault: Word,
  complain: Complain,
): Word => oneOf(key, options.get(key) ?? byDefault, words, complain)

function oneOf<Word extends string>(
  key: string,
  text: string,
  words: readonly Word[],
  complain: Complain,
): Word {
  const word = words.find((each) => each === text)
  if (word !== undefined) return word
  throw complain(`${key}=${text}: give ${words.join(', ')}`)
}
