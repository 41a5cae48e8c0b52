-- How long what is kept (docs/retention.md, decision 0012). Bytes go first and leave their row; old deliveries and the
-- large columns of old packages move into tables of their own. The row of a package never leaves: its keys hold over all
-- time, and its receipt is given again to whoever sends the document again.

alter table packages
  -- The bytes are gone, or go as soon as the row says so; sha256, size and receipt stay.
  add column content_removed_at timestamptz,
  -- Its deliveries are in old_deliveries, its document and findings in old_packages.
  add column moved_out_at timestamptz;

-- Both grow at their right end only and lose what is done, so that a run never walks over what an earlier one settled.
create index packages_with_content on packages (package_id) where content_removed_at is null;
create index packages_in_place on packages (package_id) where moved_out_at is null;

create table old_packages (
  package_id uuid primary key references packages,
  document jsonb not null,
  findings jsonb not null
);

-- The same columns as deliveries, in any order: a column that is added there is added here and to the view below.
create table old_deliveries (like deliveries including defaults);
alter table old_deliveries
  add primary key (delivery_id),
  add foreign key (package_id) references packages;
create unique index old_deliveries_recipient on old_deliveries (repeat_key, recipient_key);
create index old_deliveries_package on old_deliveries (package_id);

-- Feedback, requests and reports speak of a delivery wherever it stands, so no foreign key may point at the one table.
-- What they need is held by the packages they name as well.
do $$
declare
  c record;
begin
  for c in select conrelid::regclass as tab, conname from pg_constraint where contype = 'f' and confrelid = 'deliveries'::regclass
  loop
    execute format('alter table %s drop constraint %I', c.tab, c.conname);
  end loop;
end $$;

-- For whoever reads and does not mind where a row stands.
create view all_deliveries as select * from deliveries union all select * from old_deliveries;
create view all_packages as
  select p.package_id, p.type, p.kind, p.system_id, p.face, p.from_agency_id, p.from_code, p.document_id, p.document_key,
    p.repeat_key, p.supplement_of, p.code, p.subject, p.priority, p.promulgation_date,
    case when p.moved_out_at is null then p.document else o.document end as document,
    case when p.moved_out_at is null then p.findings else o.findings end as findings,
    p.content_hash, p.sha256, p.size, p.receipt, p.accepted_at, p.declaration, p.dispatch_due_at, p.is_late,
    p.receipt_due_at, p.urgent_due_at, p.calendar_version, p.content_removed_at, p.moved_out_at
  from packages p left join old_packages o using (package_id);

-- Nothing is opened again whose bytes are gone or whose rows have moved out. The share lock makes whoever removes
-- something, and locks the package to do so, either come first and be seen here, or wait and see what was opened.
create function keep_closed_without_content() returns trigger language plpgsql as $$
begin
  perform from packages where package_id = new.package_id and content_removed_at is null for share;
  if not found then return null; end if;
  return new;
end $$;
create trigger deliveries_reopened before update of state on deliveries
  for each row when (old.state in ('refused', 'expired', 'exhausted') and new.state in ('waiting', 'available', 'held'))
  execute function keep_closed_without_content();

-- A delivery of an old document, say for a recipient that an update adds. New ids are of today, so that acceptance pays
-- one comparison for it.
create function refuse_without_content() returns trigger language plpgsql as $$
begin
  perform from packages where package_id = new.package_id and content_removed_at is null for share;
  if not found then
    raise exception 'the content of package % was removed', new.package_id using errcode = 'TR410';
  end if;
  return new;
end $$;
-- The smallest UUIDv7 of a moment.
create function uuid_at(moment timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '-7000-8000-000000000000')::uuid
$$;
create trigger deliveries_of_old_package before insert on deliveries
  for each row when (new.package_id < uuid_at(now() - interval '7 days') and new.state in ('waiting', 'available', 'held'))
  execute function refuse_without_content();

-- What must be kept whatever the policy says, by order of a court, an inspection, or an archive.
create table legal_holds (
  hold_id uuid primary key,
  package_id uuid not null references packages,
  reason text not null check (reason <> ''),
  requested_by text not null check (requested_by <> ''),
  placed_by text not null,
  placed_at timestamptz not null default now(),
  lifted_at timestamptz,
  lifted_by text,
  lift_reason text,
  lift_requested_by text,
  check ((lifted_at is null) = (lifted_by is null))
);
create unique index legal_holds_open on legal_holds (package_id) where lifted_at is null;
create index legal_holds_newest on legal_holds (hold_id);

-- Every version of the policy; the highest is in force, and without one the built-in policy.
create table retention_policies (
  version integer primary key check (version > 0),
  policy jsonb not null,
  reason text not null,
  changed_by text not null,
  changed_at timestamptz not null default now()
);

-- Blobs of rows that say that their content is gone; a line leaves when the blob has.
create table blob_removals (
  package_id uuid primary key references packages,
  marked_at timestamptz not null default now()
);

-- What was accepted on a day (UTC), by sender, kind and state: counted anew when something of the day has changed.
create table storage_days (
  day date not null,
  from_agency_id uuid not null references agencies,
  kind text not null,
  state text not null,
  packages integer not null,
  bytes bigint not null,
  removed_packages integer not null,
  removed_bytes bigint not null,
  primary key (day, from_agency_id, kind, state)
);
create table storage_days_counted (
  day date primary key,
  counted_at timestamptz not null
);

-- Months that were taken off the append-only tables: where their rows are now.
create table history_months (
  name text primary key,
  parent text not null check (parent in ('events', 'attempts', 'audit')),
  month date not null,
  rows bigint,
  file text,
  sha256 text,
  detached_at timestamptz not null,
  exported_at timestamptz,
  dropped_at timestamptz,
  check (dropped_at is null or exported_at is not null),
  check ((exported_at is null) = (sha256 is null)),
  unique (parent, month)
);
