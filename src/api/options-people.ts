// How people log in, as the configuration says.

/** OpenID Connect: somebody else's login page. */
export interface OidcOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** Where this server is for browsers: 'https://calliope.example'. */
  readonly publicUrl: string
  /** Asked for besides `openid`. */
  readonly scopes: readonly string[]
  /** Claim with the user's groups or roles; dots lead into objects. */
  readonly roleClaim: string
  /** 'VALUE=role' each: what a value of the claim makes of its owner. */
  readonly roles: readonly string[]
  /** Role of those without such a value; undefined = they are refused. */
  readonly defaultRole: 'viewer' | 'engineer' | 'admin' | undefined
  /** Plain http to the issuer, for tests. */
  readonly allowHttp?: boolean
}

/** Everything about logging in that is not in the database. */
export interface LoginOptions {
  /** A session nobody used for so long ends. @default 12 hours */
  readonly idleMsMax?: number
  /** A session ends after this in any case. @default 7 days */
  readonly ageMsMax?: number
  /** Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses and CIDR blocks. */
  readonly trustedProxies?: readonly string[]
  readonly oidc?: OidcOptions
  /** Requests a second that one address may make in the long run; five seconds' worth at once. @default 200 */
  readonly requestsPerSecondMax?: number
}
