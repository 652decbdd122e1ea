-- What the overview and the ingest doctor ask for beyond kpi_minutes and sources.

alter table kpi_minutes add column registrations_failed bigint not null default 0;

-- Who decided calls and who made them, the most frequent per minute and per hour. A writer counts a
-- span in memory and replaces its row whole; what it has forgotten, or another run of it, goes on in
-- another part. So nothing has to be added up here, and a restart takes nothing away.
create table kpi_details (
  span_seconds integer not null,           -- 60 or 3600
  span_start   timestamptz not null,
  node         text not null,
  part         bigint not null,
  hosts        jsonb not null,             -- [{name, answered, failed, cancelled, failures: {status: n}}]
  talkers      jsonb not null,             -- [{kind, name, attempts, answered, failed}]
  primary key (span_seconds, span_start, node, part)
);

-- What the sources sent in the last hours, for the doctor's curves; retention keeps them short.
create table source_minutes (
  minute      timestamptz not null,
  node        text not null,
  peer_ip     text not null,
  transport   text not null,
  capture_id  bigint not null,
  captured_by text not null,
  hep_version smallint not null,
  packets     bigint not null,
  primary key (minute, node, peer_ip, transport, capture_id, captured_by, hep_version)
);

alter table sources
  add column reasons    jsonb not null default '{}', -- refused frames by reason
  add column duplicates bigint not null default 0,   -- frames with the time and length of another one
  add column truncated  bigint not null default 0,   -- SIP whose body is shorter than Content-Length
  add column large      bigint not null default 0;   -- frames that do not fit 1,300 bytes

-- Since when a frame is being tried again; null when it is not.
alter table quarantine
  add column retry_at timestamptz;
