-- Texts that stand in very many rows, once: a number of two bytes in a row instead of a user agent of thirty. The
-- writer shares what it meets often (write/shared-texts.ts); how many there may be is bounded, and whatever is not
-- here stands in its row as before. Never changed, never deleted.
create table shared_texts (
  id   smallint primary key,
  text text not null unique
);

alter table call_segments
  alter column last_at drop not null,      -- NULL: as first_at, which it is for single messages
  add column user_agent_ref smallint,      -- NULL: as user_agent says
  add column captured_ref smallint;        -- NULL: as capture_ids and captured_by; else those two, a line each name
