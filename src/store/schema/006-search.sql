-- What the segments of each minute hold, so that a search for something rare skips the minutes that
-- cannot have it (read/find-minutes.ts). Written in the transaction that stores the segments. A list
-- names everything its minute holds or is NULL: too much to name. A minute without a row may hold
-- anything. One row a node, so that nodes do not wait for each other.
create table segment_minutes (
  minute       timestamptz not null,       -- of first_at
  node         text not null,
  protocols    smallint[],
  statuses     smallint[],                 -- of every response
  methods      text[],                     -- of the earliest request of each segment, as all below
  domains      text[],                     -- of From, To and request URI
  user_agents  text[],
  hosts        text[],                     -- of every message, sources and destinations
  capture_ids  bigint[],
  captured_by  text[],
  primary key (minute, node)
);
