// Every setting there is, once: its name in calliope.toml, its flag, its kind, its default and what
// it does. Help, environment names, checking and docs/configuration.md all come from this table.
//
//   calliope.toml  [spool] bytes_max = "20GB"
//   environment    CALLIOPE_SPOOL_BYTES_MAX=20GB
//   flag           --spool-bytes-max 20GB
import { hostname } from 'node:os'
import { FILTER_SETTINGS } from './filter-settings.ts'
import { HOMER7_SETTINGS } from './homer7-settings.ts'
import {
  address,
  bytes,
  choice,
  cidr,
  databaseUrl,
  duration,
  emfTarget,
  type HostPort,
  integer,
  type Kind,
  list,
  path,
  secret,
  storageUrl,
  text,
} from './kinds.ts'
import { METER_SETTINGS } from './meter-settings.ts'
import { RELAY_SETTINGS } from './relay-settings.ts'

export interface Setting<Value> {
  readonly kind: Kind<Value>
  /** As it would stand in calliope.toml. */
  readonly byDefault: Value
  readonly help: string
  /** The flag when it is not simply the key with dashes. */
  readonly flag?: string
}

/** One entry of a settings or flags table. */
export const setting = <Value>(
  kind: Kind<Value>,
  byDefault: Value,
  help: string,
  flag?: string,
): Setting<Value> => ({ kind, byDefault, help, ...(flag ? { flag } : {}) })

const at = (host: string, port: number): HostPort | undefined => ({ host, port })
const off: HostPort | undefined = undefined
const KIB = 2 ** 10
const MIB = 2 ** 20
const SECOND = 1000
const DAY = 86_400_000

export const SETTINGS = {
  data_dir: setting(path, 'calliope-data', 'where the spool and the embedded database live'),
  node: setting(text, hostname(), "this node's name among others on one database"),
  database: setting(databaseUrl, 'embedded', "'embedded', or the URL of a PostgreSQL 14 to 18"),
  'log.level': setting(
    choice('trace', 'debug', 'info', 'warn', 'error'),
    'info',
    'how much is logged',
  ),

  'http.listen': setting(
    address,
    at('127.0.0.1', 9080),
    'screen, API, health, metrics and POST /hep',
    'http',
  ),
  'http.token': setting(
    secret,
    '',
    "an administrator's token: Bearer, or the password of the user 'token'",
  ),
  'http.hosts': setting(list(text), [], 'names by which browsers may call a loopback address'),
  'http.health': setting(
    address,
    off,
    'another address for the health check alone: GET /, /healthz, /readyz, open to all (up and capture)',
  ),
  'http.metrics': setting(
    address,
    off,
    'another address for /metrics and the health check, open to all (up and capture)',
  ),
  'http.trusted_proxies': setting(
    list(cidr),
    [],
    'proxies whose X-Forwarded-For and X-Forwarded-Proto are believed',
  ),
  'http.public_url': setting(
    text,
    '',
    'where browsers find this server, such as https://calliope.example; needed for oidc',
  ),
  'http.requests_max': setting(
    integer(1, 1_000_000),
    200,
    'requests a second one address may make once people have to log in',
  ),
  'login.idle_max': setting(
    duration(60 * SECOND),
    12 * 3600 * SECOND,
    'a session nobody used for so long ends',
  ),
  'login.age_max': setting(duration(60 * SECOND), 7 * DAY, 'a session ends after this in any case'),
  'oidc.issuer': setting(text, '', 'identity provider (OpenID Connect); empty = none'),
  'oidc.client_id': setting(text, '', 'what the identity provider calls this server'),
  'oidc.client_secret': setting(secret, '', 'its secret there; empty = a public client'),
  'oidc.scopes': setting(list(text), ['profile', 'email'], 'scopes asked for besides openid'),
  'oidc.role_claim': setting(text, 'groups', 'claim with groups or roles; dots lead into objects'),
  'oidc.roles': setting(
    list(text),
    [],
    'VALUE=viewer, VALUE=engineer, VALUE=admin: what they mean',
  ),
  'oidc.default_role': setting(
    choice('none', 'viewer', 'engineer', 'admin'),
    'none',
    'role of those without such a value; none = they are refused',
  ),

  'hep.udp': setting(address, at('0.0.0.0', 9060), 'HEP over UDP'),
  'hep.tcp': setting(address, at('0.0.0.0', 9061), 'HEP over TCP'),
  'hep.tls': setting(address, off, 'HEP over TLS, usually :9062'),
  'hep.ws': setting(address, off, 'HEP over WebSocket, usually :3000'),
  'hep.tls_cert': setting(
    text,
    '',
    'certificate file (PEM) for --hep-tls; read again when it changes',
  ),
  'hep.tls_key': setting(text, '', 'key file (PEM) for --hep-tls'),
  'hep.tls_client_ca': setting(
    text,
    '',
    'agents must show a certificate of this authority (PEM file)',
  ),

  'intake.shards': setting(integer(1, 64), 1, 'UDP threads sharing the port', 'shards'),
  'intake.receive_buffer': setting(
    bytes(64 * KIB, 1024 * MIB),
    256 * MIB,
    'kernel buffer asked for each UDP socket',
  ),
  'intake.allow': setting(list(cidr), [], 'addresses that may send HEP; empty = all'),
  'intake.keys': setting(list(secret), [], 'keys agents must send (HEP chunk 14); empty = none'),
  'intake.connections_max': setting(integer(1, 1_000_000), 20_000, 'open stream connections'),
  'intake.connection_age_max': setting(
    duration(0),
    0,
    'close connections older than this ±20 % so that a balancer can move them; 0 = never',
  ),
  'intake.source_rate_max': setting(
    integer(0, 100_000_000),
    0,
    'frames per second kept from one source address; 0 = all',
  ),

  'spool.bytes_max': setting(bytes(16 * MIB), 10e9, 'what may wait for the database on disk'),
  'spool.file_bytes_max': setting(bytes(MIB, 4096 * MIB), 64 * MIB, 'size of one spool file'),
  'spool.flush': setting(duration(1, 10 * SECOND), 50, 'longest wait in memory before the file'),
  'spool.sync': setting(duration(10, 60 * SECOND), 500, 'how often the file is forced to disk'),

  'store.batch_wait': setting(
    duration(10, 60 * SECOND),
    SECOND,
    'longest wait for a batch to fill: calls group better, appear later',
  ),
  'store.batch_bytes': setting(
    bytes(64 * KIB, 512 * MIB),
    4 * MIB,
    'a batch this big goes at once',
  ),
  'store.answer_max': setting(
    duration(SECOND, 3600 * SECOND),
    60 * SECOND,
    'a database that has not answered for so long is taken for gone, and connected to again',
  ),
  'store.partition': setting(
    duration(3600 * SECOND, DAY),
    6 * 3600 * SECOND,
    'time span of one database partition (1h to 24h)',
  ),
  'store.retention': setting(duration(3600 * SECOND), 14 * DAY, 'older calls are dropped'),
  'store.bytes_max': setting(bytes(0), 0, 'size beyond which the oldest calls go; 0 = no limit'),
  'store.disk_percent': setting(
    integer(0, 99),
    0,
    "the oldest go while more of the database's disk is in use, where that can be seen; 0 = no limit",
  ),
  'store.merge': setting(
    choice('on', 'off'),
    'on',
    'calls of a partition that is over are put together and packed tighter, in the background',
  ),
  'store.merge_after': setting(
    duration(60 * SECOND),
    900 * SECOND,
    'how long a partition must have been over before',
  ),
  'store.merge_cpu': setting(integer(1, 100), 20, 'percent of one CPU that merging may take'),
  'store.discard_methods': setting(list(text), [], 'CSeq methods not to store, such as OPTIONS'),
  'store.censor_methods': setting(list(text), [], 'CSeq methods whose bodies are blanked'),
  'store.custom_headers': setting(list(text), [], 'headers to search by, such as X-Account'),

  ...FILTER_SETTINGS,
  ...HOMER7_SETTINGS,
  ...METER_SETTINGS,
  ...RELAY_SETTINGS,

  'drain.wait': setting(
    duration(0, 600 * SECOND),
    0,
    'on SIGTERM keep receiving this long, until the balancer has moved on',
  ),
  'drain.timeout': setting(
    duration(0, 3600 * SECOND),
    90 * SECOND,
    'on SIGTERM give up emptying the spool after this; handing over is part of it',
  ),
  'drain.handover': setting(
    storageUrl,
    '',
    'where packets go that cannot be stored in time: s3://BUCKET/PREFIX, file:///PATH; empty = nowhere',
  ),
  'drain.handover_endpoint': setting(
    text,
    '',
    'S3 address other than that of AWS, such as http://minio.internal:9000',
  ),
  'drain.handover_region': setting(text, '', 'region of the bucket; empty = AWS_REGION'),
  'drain.handover_key_id': setting(
    secret,
    '',
    'access key; empty = AWS_ACCESS_KEY_ID, or the role of the task, pod or instance',
  ),
  'drain.handover_secret': setting(secret, '', 'its secret key'),
  'drain.adopt_every': setting(
    duration(0, 3600 * SECOND),
    30 * SECOND,
    'how often to look for packets that others handed over; 0 = never',
  ),
  'drain.spot_notice': setting(
    choice('off', 'ec2'),
    'off',
    'ec2: drain as soon as the EC2 instance is told that it will be reclaimed',
  ),
  'drain.task_protection': setting(
    choice('off', 'on'),
    'off',
    'on: ask ECS not to scale in this task while much waits in its spool',
  ),
  'drain.task_protection_backlog': setting(
    bytes(MIB),
    16 * MIB,
    'what much is; protection ends below a quarter of it',
  ),

  'fleet.emf': setting(
    emfTarget,
    'off',
    'metrics for CloudWatch: off, stdout (awslogs), or its agent at tcp://HOST:PORT or udp://HOST:PORT',
  ),
  'fleet.emf_every': setting(
    duration(SECOND, 60 * SECOND),
    10 * SECOND,
    'how often; a policy that acts within seconds needs 10s or less',
  ),
  'fleet.cluster': setting(
    text,
    '',
    'ClusterName of the metrics; empty = as ECS says, else default',
  ),
  'fleet.service': setting(
    text,
    '',
    'ServiceName of the metrics; empty = as ECS says (not on Fargate), else calliope',
  ),
  'fleet.policy': setting(
    text,
    '',
    'the policy that scales the nodes, for the fleet page to say: a preset or a file (calliope policy)',
  ),
} as const satisfies Record<string, Setting<never> | Setting<unknown>>

export type SettingKey = keyof typeof SETTINGS
type ValueOf<S> = S extends Setting<infer Value> ? Value : never
/** The whole configuration: `config['spool.bytes_max']`. Durations are milliseconds. */
export type Config = { readonly [Key in SettingKey]: ValueOf<(typeof SETTINGS)[Key]> }

/** The command-line flag of a setting, without the dashes. */
export const flagOf = (key: string, setting: { flag?: string }): string =>
  setting.flag ?? key.replaceAll(/[._]/g, '-')

/** The environment variable of a setting. */
export const environmentOf = (key: string, setting: { flag?: string }): string =>
  `CALLIOPE_${flagOf(key, setting).replaceAll('-', '_').toUpperCase()}`
