-- Replays of many deliveries, documents that an operator stopped, and windows of maintenance with what is announced of
-- them. Everything that takes its time has its state in a row, so that whoever goes on with it begins where it stood.

-- Deliveries opened again by an operator's order, many at once.
create table replays (
  replay_id uuid primary key,
  name text not null,
  reason text not null,
  -- As the operator wrote it.
  filter jsonb not null,
  state text not null default 'running' check (state in ('running', 'done', 'aborted')),
  -- All that matched at the moment of the order; what comes to match later is not touched.
  matched integer not null,
  opened integer not null default 0,
  made_due integer not null default 0,
  skipped integer not null default 0,
  -- Deliveries up to here have been dealt with.
  done_to uuid not null default '00000000-0000-0000-0000-000000000000',
  ordered_by text not null,
  ordered_at timestamptz not null default now(),
  started_at timestamptz,
  -- When the last of them was dealt with: a replay that stands still is taken up by the sweeper.
  progressed_at timestamptz not null default now(),
  finished_at timestamptz,
  aborted_by text,
  abort_reason text,
  check ((state = 'running') = (finished_at is null)),
  check ((state = 'aborted') = (aborted_by is not null))
);
-- Two of one name at once would be one order given twice.
create unique index replays_running on replays (lower(name)) where state = 'running';

-- No foreign key to deliveries: an old delivery moves out, and the list of what was skipped still names it.
create table replay_deliveries (
  replay_id uuid not null references replays on delete cascade,
  delivery_id uuid not null,
  -- Why nothing was done about it.
  skipped_because text,
  primary key (replay_id, delivery_id)
);
create index replay_deliveries_skipped on replay_deliveries (replay_id, delivery_id) where skipped_because is not null;

-- What nobody knows the recipient of can be stopped as well.
do $$
declare
  former name;
begin
  select conname into former from pg_constraint
  where conrelid = 'deliveries'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%unknown_agency%recipient_agency_id IS NOT NULL%';
  execute format('alter table deliveries drop constraint %I', former);
end $$;
alter table deliveries add constraint deliveries_known_recipient check (
  held_reason in ('unknown_agency', 'by_operator') or state in ('expired', 'recalled') or recipient_agency_id is not null)
  -- Every row there is has satisfied the stricter one.
  not valid;

-- A document is stopped with all the packages that brought it to somebody, so the key of the document decides.
create view held_documents as
  select p.repeat_key, h.hold_id, h.package_id, h.held_at
  from package_holds h join packages p using (package_id) where h.released_at is null;

-- A release before this one re-routes whatever is held, and knows nothing of documents that were stopped.
create function keep_stopped() returns trigger language plpgsql as $$
begin
  if exists (select from held_documents h where h.repeat_key = old.repeat_key) then return null; end if;
  return new;
end $$;
create trigger deliveries_stopped before update of held_reason on deliveries for each row
  when (old.held_reason = 'by_operator' and new.held_reason is distinct from 'by_operator'
    and new.state in ('held', 'waiting', 'available'))
  execute function keep_stopped();

-- Maintenance that was announced.
create table maintenance_windows (
  window_id uuid primary key,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- queue: packages are accepted and wait; refuse: nothing moves; open: all goes on, only the announcement is made.
  intake text not null check (intake in ('queue', 'refuse', 'open')),
  note jsonb not null,
  state text not null default 'planned' check (state in ('planned', 'running', 'ended', 'cancelled')),
  announced_by text not null,
  announced_at timestamptz not null default now(),
  changed_at timestamptz,
  began_at timestamptz,
  ended_at timestamptz,
  -- Who ended it early or cancelled it; none where its time was over.
  ended_by text,
  -- What the checks of the database found, and since when one of them is under way.
  checked_before jsonb,
  checked_after jsonb,
  checking_since timestamptz,
  check (ends_at > starts_at),
  check ((state in ('ended', 'cancelled')) = (ended_at is not null)),
  -- Two at once could not both say what is accepted.
  exclude using gist (tstzrange(starts_at, ends_at) with &&) where (state in ('planned', 'running'))
);
create unique index maintenance_running on maintenance_windows ((true)) where state = 'running';
create index maintenance_planned on maintenance_windows (starts_at) where state = 'planned';

-- Said to all systems for another reason than maintenance.
create table notices (
  notice_id uuid primary key,
  kind text not null check (kind in ('outage', 'information')),
  note jsonb not null,
  since timestamptz not null,
  until timestamptz,
  made_by text not null,
  made_at timestamptz not null default now(),
  withdrawn_at timestamptz,
  withdrawn_by text,
  check (until > since)
);
create index notices_open on notices (notice_id) where withdrawn_at is null;
