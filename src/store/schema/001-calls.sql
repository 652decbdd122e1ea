-- Calliope's own layout. A call segment is one row with all messages of one call that one batch
-- held, compressed together, and the few columns people search by. Reading merges the segments of
-- a call (src/sip/call-state.ts says how). Runs inside one transaction under an advisory lock.

create table spools (
  spool_id    text primary key,            -- made once per spool directory
  node        text not null,               -- the node's name, for people
  created_at  timestamptz not null default now()
);

-- Written in the transaction that stores the data: the reason nothing is stored twice.
create table spool_cursors (
  spool_id    text not null references spools,
  lane        text not null,
  file        bigint not null,             -- the file to go on reading
  byte_offset bigint not null,             -- and where in it
  records     bigint not null,             -- frames of this lane passed so far
  stored      bigint not null default 0,
  rejected    jsonb not null default '{}', -- by reason, what the store refused
  dropped     jsonb not null default '{}', -- by reason, what could not be read back
  intake      jsonb not null default '{}', -- the lane's own counts (LedgerCounts), newest known
  updated_at  timestamptz not null default now(),
  primary key (spool_id, lane)
);

-- One number a batch; a segment's id is that × 2^20 + its place in the batch.
create sequence call_segment_ids;

-- NULL often means "as": what a row says already it does not say twice, because rows are most of what
-- a message costs. docs/decisions/0010 has the bytes. Eight-byte columns first, then smaller ones, so
-- that none is padded.
create table call_segments (
  first_at      timestamptz not null,      -- earliest message; the partition key
  last_at       timestamptz not null,
  request_at    timestamptz,               -- earliest request: its parties are the ones below; NULL with a method: first_at
  invite_at     timestamptz,
  ring_at       timestamptz,
  answer_at     timestamptz,
  failure_at    timestamptz,
  challenge_at  timestamptz,
  cancel_at     timestamptz,
  bye_at        timestamptz,
  id            bigint not null,           -- insertion order, from call_segment_ids
  payload_bytes integer not null default 0,-- of the messages, as they were sent
  message_count smallint not null,
  protocol      smallint not null,         -- HEP protocol type: 1 SIP, 5 RTCP, 100 log …
  format        smallint not null,         -- how `messages` is packed
  block_place   smallint not null default 0, -- 0: messages stand here; else so many ids before
  answer_status smallint,
  failure_status smallint,
  challenge_status smallint,
  mos           smallint,                  -- the worst anybody reported of its media, in hundredths
  call_id       text not null,             -- SIP Call-ID, else the correlation id, else ''
  method        text,                      -- of the earliest request
  from_user     text,
  from_domain   text,
  to_user       text,
  to_domain     text,                      -- NULL: as from_domain
  ruri_user     text,                      -- NULL: as to_user
  ruri_domain   text,                      -- NULL: as to_domain
  user_agent    text,
  src_ip        text,                      -- of the earliest request
  dst_ip        text,
  bye_ip        text,
  hosts         text,                      -- other addresses seen in the segment, a blank between
  statuses      text,                      -- every response status seen in the segment, a blank between
  capture_ids   text,                      -- HEP chunk 12, a blank between
  captured_by   text,                      -- node names (HEP chunk 19), a line each
  correlation   text[],                    -- keys that join this call to others, 'kind:value'; see correlation_keys
  headers       jsonb,                     -- custom headers, lower-case names
  messages      bytea                      -- of this row and the next ones; write/segment.ts
) partition by range (first_at);

-- zstd output does not shrink further: do not try.
alter table call_segments alter column messages set storage external;

-- Each index costs every batch; bench/store.ts says what. Partitions get theirs from here.
create index call_segments_call_id on call_segments (call_id);
-- The live tail, and the blocks. What rises fills its pages.
create index call_segments_id on call_segments (id) with (fillfactor = 100);
create index call_segments_first_at on call_segments (first_at) with (fillfactor = 100);
create index call_segments_from_user on call_segments (from_user text_pattern_ops)
  where from_user is not null;
create index call_segments_to_user on call_segments (to_user text_pattern_ops)
  where to_user is not null;
create index call_segments_ruri_user on call_segments (ruri_user text_pattern_ops)
  where ruri_user is not null;

-- Text that small blocks are compressed with; write/segment-packing.ts. Never changed, never deleted.
create table message_dictionaries (
  version    integer primary key,          -- made of its bytes
  created_at timestamptz not null default now(),
  bytes      bytea not null
);

-- Keys that join legs (X-CID, Session-ID, ICID …): only calls that carry one have rows here.
create table correlation_keys (
  key      text not null,                  -- 'kind:value'
  call_id  text not null,
  at       timestamptz not null,
  primary key (key, call_id)
);
create index correlation_keys_at on correlation_keys (at);

create table kpi_minutes (
  minute        timestamptz not null,
  node          text not null,             -- each node adds to rows of its own: no lock contention
  attempts      bigint not null default 0, -- initial INVITEs
  answered      bigint not null default 0,
  failed        bigint not null default 0,
  cancelled     bigint not null default 0,
  registrations bigint not null default 0,
  registered    bigint not null default 0,
  messages      bigint not null default 0,
  setup_ms_sum  bigint not null default 0, -- INVITE to first 18x or 2xx
  setup_count   bigint not null default 0,
  setup_ms_histogram bigint[] not null default '{}',
  failures      jsonb not null default '{}', -- by status code
  primary key (minute, node)
);

-- Who sends: one row per agent address, transport and capture id.
create table sources (
  node        text not null,
  peer_ip     text not null,
  transport   text not null,
  capture_id  bigint not null,
  captured_by text not null,               -- chunk 19, '' when absent
  hep_version smallint not null,
  packets     bigint not null,
  bytes       bigint not null,
  rejected    bigint not null,
  clock_skew_ms bigint not null,           -- received minus agent time, last packet
  largest_bytes integer not null,          -- over 1300 warns of truncation on UDP paths
  first_seen_at timestamptz not null,
  last_seen_at  timestamptz not null,
  primary key (node, peer_ip, transport, capture_id, captured_by, hep_version)
);

-- Frames that failed a check, capped; the auth key is blanked before they get here.
create table quarantine (
  id          bigint generated always as identity primary key,
  received_at timestamptz not null,
  node        text not null,
  transport   text not null,
  peer        text not null,
  reason      text not null,
  detail      text not null,
  byte_offset integer not null,
  frame       bytea not null
);

create table nodes (
  node        text primary key,
  spool_id    text not null,
  version     text not null,
  state       text not null,               -- starting, ready, draining, stopped
  started_at  timestamptz not null,
  heartbeat_at timestamptz not null,
  ledger      jsonb not null,              -- LedgerCounts summed over the node's lanes, live
  signals     jsonb not null               -- packetsPerSecond, spoolBytes, spoolAgeSeconds, drops …
);

create table settings (
  key   text primary key,
  value jsonb not null
);
