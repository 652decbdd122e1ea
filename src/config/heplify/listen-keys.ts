// Where heplify-server listens, and with which certificate. A listener that is not named is off there,
// so it is off here: whoever has two ports open today has two open tomorrow.
import { join } from 'node:path'
import {
  becomes,
  type HeplifyKeys,
  honoured,
  type Outcome,
  replaced,
  type Values,
} from './heplify-key.ts'
import * as kinds from './heplify-kinds.ts'

/** How heplify-server names the pair that it makes itself, in TLSCertFolder. */
const OWN_CERT = 'heplify-server-cert.pem'
const OWN_KEY = 'heplify-server-key.pem'

const always = { absent: 'always' } as const
const ofTls = { partOf: 'HEPTLSAddr' } as const

const METRICS =
  'http.metrics: /metrics without a login, as there, and the health check; no calls, no settings. meter.sip: its metrics by name and label'
const HEALTH =
  'answers GET / (and /healthz, /readyz) with 200 while HEP may be sent here, to everybody, and nothing else'

export const LISTEN_KEYS: HeplifyKeys = {
  HEPAddr: becomes('hep.udp', kinds.address, '0.0.0.0:9060', (v) => v.text('HEPAddr'), '', always),
  HEPTCPAddr: becomes('hep.tcp', kinds.address, '', (v) => v.text('HEPTCPAddr'), '', always),
  HEPTLSAddr: becomes('hep.tls', kinds.address, '', (v) => v.text('HEPTLSAddr'), '', always),
  HEPWSAddr: becomes('hep.ws', kinds.address, '', (v) => v.text('HEPWSAddr'), '', always),
  HEPv2Enable: replaced(
    kinds.flag,
    true,
    'HEP 1 and 2 are always taken: a packet in an older version is a packet too',
    { meaning: (v) => heplify2(v.flag('HEPv2Enable')) },
  ),

  TLSCertFolder: honoured(
    kinds.text,
    '.',
    `hep.tls_cert and hep.tls_key: ${OWN_CERT} and ${OWN_KEY} in this folder; made, signed by themselves, when they are not there`,
    { ...ofTls, absent: ['HEPTLSAddr'], meaning: ownPair },
  ),
  TLSCertFile: becomes(
    'hep.tls_cert',
    kinds.text,
    '',
    (v) => v.text('TLSCertFile'),
    '; read again when it changes',
    ofTls,
  ),
  TLSKeyFile: becomes('hep.tls_key', kinds.text, '', (v) => v.text('TLSKeyFile'), '', ofTls),
  TLSClientCAFile: honoured(
    kinds.text,
    '',
    'hep.tls_client_ca, when TLSRequireClientCert is true; else agents are not asked for a certificate',
    { ...ofTls, meaning: clientAuthority },
  ),
  TLSRequireClientCert: honoured(
    kinds.flag,
    false,
    'true: agents must show a certificate of TLSClientCAFile',
    ofTls,
  ),
  TLSMinVersion: replaced(
    kinds.choice('1.0', '1.1', '1.2', '1.3'),
    '1.2',
    'at least TLS 1.2: 1.0 and 1.1 are broken, and 1.3 is spoken with every agent that can',
    {
      ...ofTls,
      meaning: (v) =>
        v.text('TLSMinVersion') === '1.2'
          ? { kind: 'honoured', what: 'at least TLS 1.2' }
          : LISTEN_KEYS.TLSMinVersion!.outcome,
    },
  ),

  PromAddr: honoured(kinds.address, ':9096', METRICS, {
    ...always,
    meaning: (v) => ({ kind: 'honoured', what: METRICS, settings: metricsAt(v.text('PromAddr')) }),
  }),
  ConfigHTTPAddr: becomes(
    'http.health',
    kinds.address,
    '',
    (v) => v.text('ConfigHTTPAddr'),
    `: ${HEALTH}; the form for settings is not there: whoever reached it could change them`,
  ),
  HTTPAddr: honoured(kinds.address, '', 'taken for ConfigHTTPAddr', {
    meaning: (v) => ({
      kind: 'honoured',
      what: `http.health: ${HEALTH}`,
      ...(v.text('ConfigHTTPAddr') === 'off'
        ? { settings: { 'http.health': v.text('HTTPAddr') } }
        : {}),
    }),
  }),
  ConfigHTTPPW: {
    value: kinds.secret,
    byDefault: '',
    outcome: {
      kind: 'ignored',
      what: 'there is no form to protect; the screen has users of its own (docs/security.md)',
    },
  },
}

const metricsAt = (address: string) => ({
  'http.metrics': address,
  ...(address === 'off' ? {} : { 'meter.sip': 'on' }),
})

const heplify2 = (isOn: boolean): Outcome =>
  isOn ? { kind: 'honoured', what: 'HEP 1 and 2 are taken' } : LISTEN_KEYS.HEPv2Enable!.outcome

function ownPair(v: Values): Outcome {
  if (v.text('TLSCertFile') !== '')
    return { kind: 'ignored', what: 'TLSCertFile names the certificate, which counts' }
  const folder = v.text('TLSCertFolder')
  return {
    ...LISTEN_KEYS.TLSCertFolder!.outcome,
    settings: { 'hep.tls_cert': join(folder, OWN_CERT), 'hep.tls_key': join(folder, OWN_KEY) },
  }
}

function clientAuthority(v: Values): Outcome {
  if (!v.flag('TLSRequireClientCert'))
    return { kind: 'replaced', what: 'agents are not asked, as TLSRequireClientCert is false' }
  return {
    kind: 'honoured',
    what: 'hep.tls_client_ca',
    settings: { 'hep.tls_client_ca': v.text('TLSClientCAFile') },
  }
}
