// From the configuration's words to how people log in.
import type { ApiOptions } from '#api'
import { type Config, UsageError } from '#config'

/** Everything `startApi` is told about logging in. Throws UsageError on a contradiction. */
export function loginOptions(config: Config): Pick<ApiOptions, 'login' | 'retention'> {
  const oidc = oidcOf(config)
  return {
    login: {
      idleMsMax: config['login.idle_max'],
      ageMsMax: config['login.age_max'],
      trustedProxies: config['http.trusted_proxies'],
      requestsPerSecondMax: config['http.requests_max'],
      ...(oidc ? { oidc } : {}),
    },
    retention: {
      hours: Math.round(config['store.retention'] / 3_600_000),
      bytesMax: config['store.bytes_max'],
    },
  }
}

type Oidc = NonNullable<NonNullable<ApiOptions['login']>['oidc']>

function oidcOf(config: Config): Oidc | undefined {
  const issuer = config['oidc.issuer']
  if (issuer === '') return undefined
  const problems = [
    ...(URL.canParse(issuer) ? [] : [problem('oidc.issuer', `'${issuer}' is no URL`)]),
    ...(config['oidc.client_id'] ? [] : [problem('oidc.client_id', 'is missing')]),
    ...(URL.canParse(config['http.public_url'])
      ? []
      : [problem('http.public_url', 'is missing: the provider sends browsers back there')]),
    ...config['oidc.roles']
      .filter((entry) => !/=(viewer|engineer|admin)$/.test(entry))
      .map((entry) => problem('oidc.roles', `'${entry}' is not VALUE=viewer|engineer|admin`)),
  ]
  if (problems.length > 0) throw new UsageError(problems)
  const fallback = config['oidc.default_role']
  return {
    ...{ issuer, clientId: config['oidc.client_id'], clientSecret: config['oidc.client_secret'] },
    ...{ publicUrl: config['http.public_url'], scopes: config['oidc.scopes'] },
    ...{ roleClaim: config['oidc.role_claim'], roles: config['oidc.roles'] },
    defaultRole: fallback === 'none' ? undefined : fallback,
    allowHttp: isLoopbackHttp(issuer),
  }
}

// Tokens over plain http belong to whoever listens; on this machine nobody does.
const isLoopbackHttp = (issuer: string): boolean =>
  /^http:\/\/(127\.\d+\.\d+\.\d+|\[::1\]|localhost)(:|\/|$)/.test(issuer)

const problem = (where: string, message: string) => ({ where, message })
