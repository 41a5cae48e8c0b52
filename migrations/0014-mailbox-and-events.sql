-- The change feed (GET /api/v1/events) and what was turned away. A reader of the feed goes by a place that no event can
-- enter behind it, and finds its own events by an index, however many others there are.

-- A transaction's number in the count of this database cluster, moved on so far that it goes on where the cluster ended
-- that a backup came from (continue_event_positions).
create function event_position(xid8) returns bigint language sql immutable as $$ select $1::text::bigint + 0 $$;

alter table events
  -- The transaction that wrote it. All below the oldest transaction still running (event_horizon) is complete, so
  -- whoever reads up to there misses nothing that is committed late. 0: written before there was a feed.
  add column position bigint not null default 0,
  -- Whose document it is about, and with which system the delivery lay.
  add column sender_agency_id uuid,
  add column receiver_system_id text;
-- As a step of its own, so that no row is written anew.
alter table events alter column position set default event_position(pg_current_xact_id());

create index events_of_sender on events (sender_agency_id, position, at, event_id) where sender_agency_id is not null;
create index events_of_receiver on events (receiver_system_id, position, at, event_id) where receiver_system_id is not null;

-- Everything before it stands in the feed: the oldest transaction still running. One of another database on the same
-- server writes no events here and holds nothing up; one that nobody shows any more has ended since the snapshot, and
-- counts as running. So it may go back a little, and a reader never goes back with it.
create function event_horizon() returns bigint language sql stable as $$
  select event_position(coalesce(
    (select min(running) from pg_snapshot_xip(pg_current_snapshot()) running
     where not exists (
       select from pg_stat_activity a where a.backend_xid = running::xid and a.datname <> current_database())),
    pg_snapshot_xmax(pg_current_snapshot())))
$$;

-- For writers that do not name the parties themselves: a release before this one, and moves that are rare. A writer that
-- names the sender names the receiver too.
create function name_event_parties() returns trigger language plpgsql as $$
begin
  if new.delivery_id is not null then
    select nullif(d.sender_agency_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), d.system_id
    into new.sender_agency_id, new.receiver_system_id from deliveries d where d.delivery_id = new.delivery_id;
  end if;
  if new.sender_agency_id is null then
    select p.from_agency_id into new.sender_agency_id from packages p where p.package_id = new.package_id;
  end if;
  return new;
end $$;
create trigger events_parties before insert on events for each row
  when (new.sender_agency_id is null and new.package_id is not null) execute function name_event_parties();

create table event_feed (
  only_row boolean primary key default true check (only_row),
  -- What happened before is not in the feed.
  begins_at timestamptz not null,
  -- The database cluster whose transactions are counted.
  cluster bigint not null
);
insert into event_feed (begins_at, cluster)
select case when exists (select from events) then now() else '-infinity' end, system_identifier from pg_control_system();

-- After a backup was restored into another cluster, whose count of transactions is its own: goes on far behind the highest
-- position there is, and so behind every place that a reader may have. Answers whether it had to.
create function continue_event_positions() returns boolean language plpgsql as $$
declare
  here bigint := (select system_identifier from pg_control_system());
  highest bigint;
begin
  if exists (select from event_feed where cluster = here) then return false; end if;
  update event_feed set cluster = here;
  select coalesce(max(position), 0) into highest from events;
  execute format(
    'create or replace function event_position(xid8) returns bigint language sql immutable as $f$ select $1::text::bigint + %s $f$',
    greatest(0, highest + 4294967296 - pg_current_xact_id()::text::bigint));
  return true;
end $$;

-- What a system turned away lately, and what became refused by it.
create index deliveries_turned_away_since on deliveries (system_id, state_since)
  where turned_away > 0 and state in ('available', 'refused');
-- The mailbox leases of one claim.
create index deliveries_mailbox_lease on deliveries (mailbox_lease_id) where mailbox_lease_id is not null;
