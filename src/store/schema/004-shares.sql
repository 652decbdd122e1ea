-- Links that show one call to whoever has them. Only the hash of a link's token is kept: who reads the
-- table cannot open a call with it. What is shown is kept as it was when shared, with everything taken
-- out that was to be taken out, so that no mistake of a later reader can bring it back; it goes when
-- the link is revoked or has expired.

create table shares (
  id             uuid primary key,
  token_hash     bytea not null unique,     -- SHA-256 of the token
  call_id        text not null,
  created_at     timestamptz not null default now(),
  created_by     text not null,             -- the identity's name
  expires_at     timestamptz not null,
  revoked_at     timestamptz,
  redact         jsonb not null,            -- { numbers, bodies }
  opened_count   bigint not null default 0,
  last_opened_at timestamptz,
  snapshot       bytea                      -- zstd of the call as JSON; null once it is over
);
create index shares_created_at on shares (created_at);
