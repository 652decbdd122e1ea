// Configuration of the agents people have, for one address. Kamailio's and hep-js' are run by tests
// against the real thing, sngrep's was by hand; the others follow their manuals.

export type AgentTransport = 'udp' | 'tcp' | 'tls'

export interface AgentTarget {
  readonly host: string
  readonly port: number
  readonly transport: AgentTransport
  readonly captureId: number
  /** '' = none asked for. */
  readonly key: string
}

export interface AgentConfig {
  readonly id: string
  readonly name: string
  /** What it can send by; the first is what it does best. */
  readonly transports: readonly AgentTransport[]
  /** Where the text goes. */
  readonly file: string
  /** What to do after it, and what to know. */
  readonly note: string
  readonly text: (target: AgentTarget) => string
}

const lines = (...all: readonly (string | false)[]): string => all.filter(Boolean).join('\n')
/** IPv6 in brackets. */
const at = ({ host, port }: AgentTarget): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

export const AGENTS: readonly AgentConfig[] = [
  {
    ...{ id: 'kamailio', name: 'Kamailio (siptrace)', transports: ['udp', 'tcp'] },
    file: 'kamailio.cfg',
    note: 'Restart Kamailio. Give an address, not a name: siptrace looks a name up for every message. sipdump writes files only; siptrace is what sends HEP.',
    text: (target) =>
      lines(
        'loadmodule "siptrace.so"',
        'modparam("siptrace", "trace_on", 1)',
        'modparam("siptrace", "trace_mode", 1)  # all messages, no route needs to be changed',
        'modparam("siptrace", "trace_to_database", 0)',
        'modparam("siptrace", "hep_mode_on", 1)',
        'modparam("siptrace", "hep_version", 3)',
        `modparam("siptrace", "hep_capture_id", ${target.captureId})`,
        target.key !== '' && `modparam("siptrace", "auth_key", "${target.key}")`,
        `modparam("siptrace", "duplicate_uri", "sip:${at(target)}${target.transport === 'tcp' ? ';transport=tcp' : ''}")`,
        target.transport === 'udp' &&
          '# on a machine with several addresses, say which one to send from:',
        target.transport === 'udp' &&
          '# modparam("siptrace", "send_sock_addr", "sip:OWN_ADDRESS:5060")',
      ),
  },
  {
    ...{ id: 'opensips', name: 'OpenSIPS (proto_hep, tracer)', transports: ['udp', 'tcp'] },
    file: 'opensips.cfg',
    note: 'OpenSIPS 3.2 or later. By TCP each process opens a connection of its own.',
    text: (target) =>
      lines(
        `socket=hep_${target.transport}:OWN_ADDRESS:9060`,
        'loadmodule "proto_hep.so"',
        'loadmodule "tracer.so"',
        `modparam("proto_hep", "hep_id", "[calliope] ${at(target)}; transport=${target.transport}; version=3")`,
        `modparam("proto_hep", "hep_capture_id", ${target.captureId})`,
        'modparam("tracer", "trace_on", 1)',
        'modparam("tracer", "trace_id", "[calls]uri=hep:calliope")',
        '',
        '# at the top of the main route:',
        'if (!has_totag()) trace("calls", "d", "sip");',
      ),
  },
  {
    ...{ id: 'freeswitch', name: 'FreeSWITCH (sofia)', transports: ['udp'] },
    file: 'autoload_configs/sofia.conf.xml and sip_profiles/*.xml',
    note: 'Then in fs_cli: reload mod_sofia, and sofia global capture on. IPv6 addresses are missing in what it sends.',
    text: (target) =>
      lines(
        '<!-- sofia.conf.xml, in <global_settings> -->',
        `<param name="capture-server" value="udp:${at(target)};hep=3;capture_id=${target.captureId}"/>`,
        '',
        '<!-- each sip_profiles/*.xml, in <settings> -->',
        '<param name="sip-capture" value="yes"/>',
      ),
  },
  {
    ...{ id: 'asterisk', name: 'Asterisk (res_hep)', transports: ['udp'] },
    file: '/etc/asterisk/hep.conf',
    note: 'Then: module load res_hep.so, res_hep_pjsip.so (SIP), res_hep_rtcp.so (quality). chan_sip is not mirrored, only PJSIP.',
    text: (target) =>
      lines(
        '[general]',
        'enabled = yes',
        `capture_address = ${at(target)}`,
        `capture_id = ${target.captureId}`,
        target.key !== '' && `capture_password = ${target.key}`,
        'uuid_type = call-id',
      ),
  },
  {
    ...{ id: 'rtpengine', name: 'rtpengine', transports: ['udp', 'tcp'] },
    file: '/etc/rtpengine/rtpengine.conf',
    note: 'Sends RTCP as JSON: the quality of calls, not their signalling.',
    text: (target) =>
      lines(
        '[rtpengine]',
        `homer = ${at(target)}`,
        `homer-protocol = ${target.transport}`,
        `homer-id = ${target.captureId}`,
      ),
  },
  {
    ...{ id: 'heplify', name: 'heplify', transports: ['udp', 'tcp', 'tls'] },
    file: 'command line',
    note: 'Captures from the network card: for what cannot mirror by itself. Needs root or CAP_NET_RAW.',
    text: (target) =>
      [
        `heplify -i any -m SIPRTCP -hs ${at(target)} -nt ${target.transport} -hi ${target.captureId}`,
        ...(target.key === '' ? [] : [`-hp '${target.key}'`]),
      ].join(' '),
  },
  {
    ...{ id: 'captagent', name: 'captagent', transports: ['udp', 'tcp'] },
    file: '/etc/captagent/transport_hep.xml',
    note: 'Restart captagent.',
    text: (target) =>
      lines(
        '<module name="transport_hep" description="HEP Protocol" serial="2014010402">',
        '  <profile name="hepsocket" description="Transport HEP" enable="true" serial="2014010402">',
        '    <settings>',
        '      <param name="version" value="3"/>',
        `      <param name="capture-host" value="${target.host}"/>`,
        `      <param name="capture-port" value="${target.port}"/>`,
        `      <param name="capture-proto" value="${target.transport}"/>`,
        `      <param name="capture-id" value="${target.captureId}"/>`,
        target.key !== '' && `      <param name="capture-password" value="${target.key}"/>`,
        '      <param name="payload-compression" value="false"/>',
        '    </settings>',
        '  </profile>',
        '</module>',
      ),
  },
  {
    ...{ id: 'sngrep', name: 'sngrep', transports: ['udp'] },
    file: 'command line',
    note: 'For a moment only: sends what sngrep sees while it runs. It chooses its capture id itself.',
    text: (target) => `sngrep -H udp:${at(target)}`,
  },
  {
    ...{ id: 'hep-js', name: 'hep-js (Node)', transports: ['udp'] },
    file: 'send.js',
    note: 'npm install hep-js. For programs of your own that have SIP to show.',
    text: (target) =>
      lines(
        "const HEP = require('hep-js')",
        "const socket = require('dgram').createSocket('udp4')",
        '',
        'const frame = HEP.encapsulate(sipMessage, {',
        "  type: 'HEP', version: 3, payload_type: 'SIP', payloadType: 1,",
        '  protocolFamily: 2, protocol: 17, srcIp, srcPort, dstIp, dstPort,',
        '  timeSeconds: Math.floor(Date.now() / 1000), timeUseconds: (Date.now() % 1000) * 1000,',
        `  captureId: ${target.captureId}, capturePass: '${target.key}',`,
        '})',
        `socket.send(frame, ${target.port}, '${target.host}')`,
      ),
  },
  {
    ...{ id: 'calliope', name: 'calliope load', transports: ['udp', 'tcp', 'tls'] },
    file: 'command line',
    note: 'Calls that are made up, to see that the way is open.',
    text: (target) =>
      `calliope load --to ${at(target)} --transport ${target.transport} --rate 20 --for 30s` +
      (target.key === '' ? '' : ` --key '${target.key}'`),
  },
]
