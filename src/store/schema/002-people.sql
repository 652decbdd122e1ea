-- Who may use this installation, and who did what. No password, token, cookie or agent key is kept,
-- only what it takes to recognise one.

create table users (
  name          text primary key,          -- as typed to log in, lower case
  role          text not null check (role in ('viewer', 'engineer', 'admin')),
  password_hash text,                      -- argon2id; null: comes through OpenID Connect only
  issuer        text,                      -- OpenID Connect: who vouches for them …
  subject       text,                      -- … and under which name
  created_at    timestamptz not null default now(),
  last_login_at timestamptz,
  unique (issuer, subject)
);

-- A browser's login. The cookie holds 256 random bits, which need no slow hash.
create table sessions (
  token_hash  bytea primary key,           -- SHA-256 of the cookie
  user_name   text references users on update cascade on delete cascade,
  by_token    bytea,                       -- instead of a user: digest of the http.token shown
  created_at  timestamptz not null default now(),
  seen_at     timestamptz not null default now(),
  expires_at  timestamptz not null,
  peer        text not null,
  user_agent  text not null,
  check ((user_name is null) <> (by_token is null))
);
create index sessions_user on sessions (user_name);

create table api_tokens (
  id           bigint generated always as identity primary key,
  name         text not null unique,
  token_hash   bytea not null unique,      -- SHA-256 of 256 random bits
  role         text not null check (role in ('viewer', 'engineer', 'admin')),
  scopes       text[] not null,
  created_at   timestamptz not null default now(),
  created_by   text not null,
  expires_at   timestamptz,
  last_used_at timestamptz
);

-- A login on its way through somebody else's login page.
create table oidc_logins (
  state_hash bytea primary key,
  verifier   text not null,                -- PKCE; worthless without the code it belongs to
  nonce      text not null,
  return_to  text not null,
  created_at timestamptz not null default now()
);

create table audit (
  id     bigint generated always as identity primary key,
  at     timestamptz not null default now(),
  who    text not null,
  kind   text not null,                    -- local, user, token, share, nobody, command
  peer   text not null,
  action text not null,                    -- login, login-failed, export, settings …
  object text not null,                    -- what it was done to: a user's name, a Call-ID …
  detail jsonb not null
);
create index audit_who on audit (who, id);

-- Names for addresses: '10.1.2.3', '10.1.2.3:5060', '10.1.0.0/16', '[2001:db8::1]:5060'.
create table aliases (
  address text primary key,
  name    text not null
);

-- Keys agents may send besides those of intake.keys.
create table agent_keys (
  id         bigint generated always as identity primary key,
  name       text not null unique,
  key_hash   bytea not null,               -- HMAC-SHA-256 under the installation's own secret
  created_at timestamptz not null default now(),
  created_by text not null
);

-- Random secrets of this installation, made when first needed: masking, agent-keys.
create table secrets (
  name  text primary key,
  value bytea not null
);
