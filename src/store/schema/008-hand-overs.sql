-- Spools whose node went before all was stored: the packets are in object storage, and one node after
-- the other may take one on. The claim only divides the work: what makes storing exactly once is the
-- cursor of the spool, as ever.
create table hand_overs (
  id             text primary key,
  spool_id       text not null,
  node           text not null,            -- who received the packets
  at             timestamptz not null,     -- when they were handed over
  frames         bigint not null,
  bytes          bigint not null,
  claimed_by     text,                     -- a process, not a node: a restart is somebody else
  claimed_until  timestamptz,
  claims         integer not null default 0,
  trouble        text,                     -- why the last try failed
  stored_at      timestamptz               -- all of it is in call_segments
);
