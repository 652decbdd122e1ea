-- What the nodes did over time, and why their number changed. Every node writes its own rows: one each
-- two seconds, kept for an hour, and one each minute, kept for a week.
create table fleet_samples (
  span_seconds smallint not null,          -- 2 or 60
  at           timestamptz not null,       -- begin of the span, by the database's clock
  node         text not null,
  seconds      real not null,              -- of the span that the node was there
  packets      bigint not null,            -- received in them
  dropped      bigint not null,
  spool_age    real not null,              -- the most, in seconds
  cpu_cores    real,                       -- in use, on average; null = the node does not say
  primary key (span_seconds, at, node)
);

-- Nodes that came and went, told by their heartbeats, and decisions, told by whoever makes them.
create table fleet_events (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default now(),
  kind       text not null,                -- came, draining, gone, lost, scaled, reclaimed, noted
  node       text not null default '',
  life       timestamptz,                  -- started_at of the node: each life comes and goes once
  reason     text not null default '',
  nodes_from integer,
  nodes_to   integer,
  unique (node, life, kind)
);
create index fleet_events_at on fleet_events (at);
