-- The worst MOS that somebody reported of a call in a message that is not one of the call's own: a phone in
-- its PUBLISH (RFC 6035), a border controller of its other side. All other MOS stand in call_segments.
create table call_quality (
  call_id text primary key,
  at      timestamptz not null,            -- of the newest such report
  mos     smallint not null                -- in hundredths
);
create index call_quality_at on call_quality (at);
