// Real Kamailios for tests: each in a loopback network of its own, so that standard ports are free and
// every host of a call is an address.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface KamailioOptions {
  /** HOST:PORT it listens on. */
  readonly sip: string
  /** Where it relays everything to. */
  readonly uas: string
  /** HOST:PORT of the capture server, with `;transport=tcp` for HEP over TCP. */
  readonly hep: string
  readonly hepVersion?: 1 | 2 | 3
  readonly captureId?: number
  /** For its configuration and its sockets. */
  readonly directory: string
}

/** Three random numbers in front of a host's last one: `${network()}.10` is free on this machine. */
export const network = (): string => `127.${random()}.${random()}`
const random = () => 1 + Math.floor(Math.random() * 250)

/** Starts a Kamailio and resolves once it has its socket; disposing of it ends it. */
export const startKamailio = (options: KamailioOptions): Promise<AsyncDisposable> =>
  run(options, configOf(options))

/** One that answers 404 to everything, with a piece of configuration that somebody else wrote. */
export const startKamailioWith = ({
  snippet,
  sip,
  directory,
  withTcp,
}: {
  readonly snippet: string
  /** To send HEP over TCP it needs a TCP socket of its own. */
  readonly withTcp: boolean
  readonly sip: string
  readonly directory: string
}): Promise<AsyncDisposable> =>
  run(
    { sip, directory, hep: '' },
    [
      ...['#!KAMAILIO', 'debug=0', 'log_stderror=yes', 'children=2'],
      withTcp ? `listen=tcp:${sip}` : 'disable_tcp=yes',
      ...[`listen=udp:${sip}`, 'auto_aliases=no', 'dns=no'],
      ...['tm', 'sl', 'rr', 'pv', 'textops'].map((name) => `loadmodule "${name}.so"`),
      snippet,
      // Stateful, so that a caller who repeats himself is answered as before.
      'request_route { if (is_method("ACK")) { t_check_trans(); exit; }',
      '  t_newtran(); t_reply("404", "Not Found"); }',
    ].join('\n'),
  )

async function run(
  options: Pick<KamailioOptions, 'sip' | 'directory' | 'hep'>,
  text: string,
): Promise<AsyncDisposable> {
  const name = options.sip.replaceAll(/[^0-9]/g, '-')
  const config = join(options.directory, `kamailio-${name}.cfg`)
  writeFileSync(config, text)
  const child = Bun.spawn(
    [
      ...['kamailio', '-f', config, '-DD', '-E', '-m', '32', '-M', '4', '-Y', options.directory],
      ...(options.hep.includes('tcp') ? ['-A', 'HEP_OVER_TCP'] : []),
    ],
    { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' },
  )
  const stop = async () => {
    child.kill('SIGTERM')
    await child.exited
  }
  while (!isBound(options.sip)) {
    if (child.exitCode !== null)
      throw new Error(`kamailio ended: ${await new Response(child.stderr).text()}`)
    await Bun.sleep(10)
  }
  return { [Symbol.asyncDispose]: stop }
}

function configOf({ sip, uas, hep, hepVersion = 3, captureId = 1 }: KamailioOptions): string {
  const tokens: Record<string, string | number> = {
    SIP_ADDRESS: sip,
    UAS_ADDRESS: uas,
    HEP_URI: hep,
    HEP_VERSION: hepVersion,
    CAPTURE_ID: captureId,
    DISABLE_TCP: hep.includes('tcp') ? 'no' : 'yes',
  }
  const template = readFileSync(join(import.meta.dir, 'kamailio.cfg'), 'utf8')
  return template.replaceAll(/\$([A-Z_]+)\$/g, (_, token: string) => String(tokens[token]))
}

/** By looking, not by trying: a trial could be in Kamailio's way. */
function isBound(address: string): boolean {
  const [host, port] = address.split(':') as [string, string]
  const hex = (n: string) => Number(n).toString(16).toUpperCase()
  const ip = host.split('.').map((byte) => hex(byte).padStart(2, '0'))
  const socket = ` ${ip.reverse().join('')}:${hex(port).padStart(4, '0')} `
  return readFileSync('/proc/net/udp', 'latin1').includes(socket)
}
