// Shapes of users, tokens, settings and the audit log, and of the forms that change them.
import { isIP } from 'node:net'
import * as v from 'valibot'
import type * as contract from '#contract'
import { ROLES, SCOPES } from '../auth/identity.ts'
import { at, count } from './call-schemas.ts'

const role = v.picklist(ROLES, `one of ${ROLES.join(', ')}`)
const scopes = v.array(v.picklist(SCOPES, `any of ${SCOPES.join(', ')}`))

const session: v.GenericSchema<contract.Session> = v.strictObject({
  who: v.nullable(
    v.strictObject({
      name: v.string(),
      kind: v.picklist(['local', 'user', 'token', 'share', 'nobody']),
      ...{ role, scopes, masked: v.boolean() },
    }),
  ),
  login: v.strictObject({
    ...{ users: v.boolean(), token: v.boolean(), oidc: v.nullable(v.string()) },
  }),
})

const userRow: v.GenericSchema<contract.UserRow> = v.strictObject({
  ...{ name: v.string(), role, hasPassword: v.boolean(), issuer: v.nullable(v.string()) },
  ...{ createdAt: at, lastLoginAt: v.nullable(at), sessions: count },
})

const tokenRow: v.GenericSchema<contract.TokenRow> = v.strictObject({
  ...{ id: v.string(), name: v.string(), role, scopes, createdAt: at, createdBy: v.string() },
  ...{ expiresAt: v.nullable(at), lastUsedAt: v.nullable(at) },
})

const agentKeyRow: v.GenericSchema<contract.AgentKeyRow> = v.strictObject({
  ...{ id: v.string(), name: v.string(), createdAt: at, createdBy: v.string() },
})

const auditEntry: v.GenericSchema<contract.AuditEntry> = v.strictObject({
  ...{ id: v.string(), at, who: v.string(), kind: v.string(), peer: v.string() },
  ...{ action: v.string(), object: v.string(), detail: v.record(v.string(), v.unknown()) },
})

const words = (charsMax: number) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, 'must not be empty'),
    v.maxLength(charsMax, `at most ${charsMax} characters`),
  )

/** Names as people type them: no case, no blanks, nothing that has to be quoted anywhere. */
const name = v.pipe(
  v.string(),
  v.trim(),
  v.toLowerCase(),
  v.regex(
    /^[a-z0-9][a-z0-9._@+-]{0,63}$/,
    '1 to 64 of a-z 0-9 . _ @ + -, beginning with a letter or digit',
  ),
  v.notValues(['token', 'local', 'nobody', 'http.token'], 'this name has a meaning of its own'),
)

/** POST session. */
export const loginForm = v.strictObject({
  name: v.pipe(
    v.string(),
    v.minLength(1, 'must not be empty'),
    v.maxLength(64, 'at most 64 characters'),
  ),
  password: v.pipe(v.string(), v.minLength(1, 'must not be empty'), v.maxLength(1024)),
})
/** POST users; the rules for passwords are passwords.ts's. */
export const newUserForm = v.strictObject({ name, role, password: v.string() })
/** PUT users/NAME: what is absent stays. */
export const userChangeForm = v.strictObject({
  role: v.exactOptional(role),
  password: v.exactOptional(v.string()),
})
/** POST tokens. */
export const newTokenForm = v.strictObject({
  name: words(64),
  role,
  scopes: v.pipe(scopes, v.minLength(1, 'at least one')),
  /** 0 = for ever. */
  days: v.pipe(
    v.number(),
    v.integer('a whole number'),
    v.minValue(0, 'at least 0'),
    v.maxValue(3650, 'at most 3650'),
  ),
})
/** POST settings/agent-keys. */
export const newAgentKeyForm = v.strictObject({ name: words(64) })

const address = v.pipe(
  v.string(),
  v.trim(),
  v.check(isAliasAddress, 'an address, ADDRESS:PORT, [IPv6]:PORT or a network such as 10.0.0.0/8'),
)
/** GET and PUT settings/aliases. */
const aliases = v.strictObject({
  aliases: v.pipe(
    v.array(v.strictObject({ address, name: words(64) })),
    v.maxLength(10_000, 'at most 10,000'),
    v.check(
      (list) => new Set(list.map(({ address }) => address)).size === list.length,
      'an address is there twice',
    ),
  ),
})

function isAliasAddress(text: string): boolean {
  const port = /^(?:\[([^\]]+)\]|([\d.]+)):(\d{1,5})$/.exec(text)
  if (port) return isIP(port[1] ?? port[2]!) !== 0 && Number(port[3]) <= 65_535
  const [ip = '', bits, more] = text.split('/')
  const family = isIP(ip)
  if (family === 0 || more !== undefined) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 6 ? 128 : 32))
}

const digits = v.pipe(
  v.number(),
  v.integer('a whole number'),
  v.minValue(0, '0 to 15'),
  v.maxValue(15, '0 to 15'),
)
const masking = v.nullable(
  v.strictObject({
    numbers: v.nullable(v.strictObject({ keepFirst: digits, keepLast: digits })),
    bodies: v.picklist(['show', 'keep-sdp', 'blank'], 'show, keep-sdp or blank'),
    headers: v.pipe(
      v.array(
        v.pipe(
          v.string(),
          v.trim(),
          v.toLowerCase(),
          v.regex(/^[a-z0-9.!%*_+`'~-]{1,64}$/, 'the name of a header'),
        ),
      ),
      v.maxLength(100, 'at most 100'),
    ),
  }),
)
const maskingPolicy: v.GenericSchema<unknown, contract.MaskingPolicy> = v.strictObject({
  ...{ viewer: masking, engineer: masking, admin: masking, auditUnmasked: v.boolean() },
})

const retention: v.GenericSchema<contract.RetentionSetting> = v.strictObject({
  hours: v.nullable(
    v.pipe(
      v.number(),
      v.integer('a whole number'),
      v.minValue(1, 'at least 1'),
      v.maxValue(87_600, 'at most ten years'),
    ),
  ),
  bytesMax: v.nullable(
    v.pipe(
      v.number(),
      v.integer('a whole number'),
      v.minValue(0, 'at least 0'),
      v.maxValue(Number.MAX_SAFE_INTEGER),
    ),
  ),
})

/** Under components/schemas. */
export const PEOPLE_SCHEMAS = {
  Session: session,
  Login: loginForm,
  Done: v.strictObject({ done: v.literal(true) }),
  Users: v.strictObject({ users: v.array(userRow) }),
  UserRow: userRow,
  NewUser: newUserForm,
  UserChange: userChangeForm,
  EndedSessions: v.strictObject({ ended: count }),
  Tokens: v.strictObject({ tokens: v.array(tokenRow) }),
  TokenRow: tokenRow,
  NewToken: newTokenForm,
  IssuedToken: v.strictObject({ id: v.string(), token: v.string() }),
  AgentKeys: v.strictObject({ agentKeys: v.array(agentKeyRow) }),
  AgentKeyRow: agentKeyRow,
  NewAgentKey: newAgentKeyForm,
  IssuedAgentKey: v.strictObject({ id: v.string(), key: v.string() }),
  Aliases: aliases,
  MaskingPolicy: maskingPolicy,
  Retention: v.strictObject({
    setting: retention,
    /** What counts now: the setting, or the configuration where it says nothing. */
    inForce: v.strictObject({ hours: v.number(), bytesMax: v.number() }),
  }),
  RetentionSetting: retention,
  Audit: v.strictObject({ entries: v.array(auditEntry), nextBefore: v.nullable(v.string()) }),
  AuditEntry: auditEntry,
} as const
