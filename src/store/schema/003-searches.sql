-- Searches that somebody saved under a name: a person's own, and those they share with everybody.
-- Where nobody has to log in there is one owner, 'local'.

create table saved_searches (
  id         uuid primary key,
  owner      text not null,                -- the identity's name
  name       text not null,
  q          text not null,                -- query language
  range_from text not null default '',     -- as the API takes it: '-15m', RFC 3339, '' = no bound of its own
  range_to   text not null default '',
  shared     boolean not null default false,
  created_at timestamptz not null default now(),
  unique (owner, name)
);
