-- What operators and systems look at all the time, at a million waiting deliveries as fast as at ten thousand: counts are
-- kept instead of counted, and every list has an index that it can be read off.

-- Deliveries by lane, type and state, wherever they stand, as differences: whoever changes deliveries adds what became
-- more and fewer, so nobody ever waits for a counter, and the sum is exact in every transaction. Folded by the sweeper.
create table delivery_tallies (
  system_id text,
  type text not null,
  state text not null,
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
create table package_tallies (
  type text not null,
  n bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create function tally_new_deliveries() returns trigger language plpgsql as $$
begin
  insert into delivery_tallies
  select system_id, type, state, count(*) from new_rows group by system_id, type, state;
  return null;
end $$;
create function tally_gone_deliveries() returns trigger language plpgsql as $$
begin
  insert into delivery_tallies
  select system_id, type, state, -count(*) from old_rows group by system_id, type, state;
  return null;
end $$;
create function tally_moved_deliveries() returns trigger language plpgsql as $$
begin
  insert into delivery_tallies
  select system_id, type, state, sum(n) from (
    select system_id, type, state, 1 as n from new_rows union all select system_id, type, state, -1 from old_rows) moved
  group by system_id, type, state having sum(n) <> 0;
  return null;
end $$;
create function tally_new_packages() returns trigger language plpgsql as $$
begin
  insert into package_tallies select type, count(*) from new_rows group by type;
  return null;
end $$;

-- Nobody changes either table between the first count and the first difference.
lock table deliveries, old_deliveries, packages in share row exclusive mode;
create trigger deliveries_tally_new after insert on deliveries
  referencing new table as new_rows for each statement execute function tally_new_deliveries();
create trigger deliveries_tally_gone after delete on deliveries
  referencing old table as old_rows for each statement execute function tally_gone_deliveries();
create trigger deliveries_tally_moved after update on deliveries
  referencing old table as old_rows new table as new_rows for each statement execute function tally_moved_deliveries();
create trigger old_deliveries_tally_new after insert on old_deliveries
  referencing new table as new_rows for each statement execute function tally_new_deliveries();
create trigger old_deliveries_tally_gone after delete on old_deliveries
  referencing old table as old_rows for each statement execute function tally_gone_deliveries();
create trigger old_deliveries_tally_moved after update on old_deliveries
  referencing old table as old_rows new table as new_rows for each statement execute function tally_moved_deliveries();
create trigger packages_tally_new after insert on packages
  referencing new table as new_rows for each statement execute function tally_new_packages();
insert into delivery_tallies
select system_id, type, state, count(*) from all_deliveries group by system_id, type, state;
insert into package_tallies select type, count(*) from packages group by type;

-- One row for each lane, type and state again. Of two that run at once the second finds what the first left.
create function fold_tallies() returns void language sql as $$
  with gone as (delete from delivery_tallies returning *)
  insert into delivery_tallies
  select system_id, type, state, sum(n) from gone group by system_id, type, state having sum(n) <> 0;
  with gone as (delete from package_tallies returning *)
  insert into package_tallies select type, sum(n) from gone group by type;
$$;

-- The oldest of a lane.
create index deliveries_open_since on deliveries (system_id, type, (coalesce(available_at, created_at)))
  where state in ('waiting', 'in_flight', 'available');
-- The mailbox by type: who asks for statuses does not read past a million documents.
create index deliveries_mailbox_type on deliveries
  (system_id, type, (-priority), (fetched_at is not null), available_at, delivery_id) where state = 'available';
-- What was delivered last, to one system and to all.
create index deliveries_delivered on deliveries (system_id, delivery_id) where state = 'delivered';
create index deliveries_delivered_last on deliveries (delivery_id) where state = 'delivered';
-- The few with an urgency, and the few with a reason.
create index deliveries_urgency on deliveries (priority, delivery_id) where priority > 0;
create index deliveries_reason on deliveries (reason_code, delivery_id) where reason_code is not null;
