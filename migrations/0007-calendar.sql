-- The working calendar and the deadline rules: data, entered each year from the official notice. Nothing is ever
-- changed: every change is a new version that holds the whole year or the whole settings it is about, so that the
-- calendar behind any stored deadline can be looked at again.

create table calendar_versions (
  version integer primary key check (version > 0),
  at timestamptz not null,
  by text not null,
  reason text not null,
  change text not null check (change in ('seeded', 'year_replaced', 'year_confirmed', 'settings_changed', 'settings_removed')),
  -- The year or the province it is about; none for a seed.
  subject text
);

-- A year as it is from its version on, until a later version has the same year.
create table calendar_years (
  year smallint not null check (year between 1900 and 2199),
  version integer not null references calendar_versions,
  confirmed_at timestamptz,
  confirmed_by text,
  primary key (year, version),
  check ((confirmed_at is null) = (confirmed_by is null))
);

create table calendar_days (
  version integer not null,
  year smallint not null,
  day date not null,
  kind text not null check (kind in ('holiday', 'makeup-rest', 'working-swap')),
  label_vi text not null,
  label_en text not null,
  source text not null,
  status text not null check (status in ('confirmed', 'unverified', 'proposed')),
  entered_by text not null,
  primary key (version, day),
  foreign key (year, version) references calendar_years,
  check (extract(year from day) = year)
);

-- Deadline rule, working hours and minutes for urgent documents of a province ('default': of all others). Null settings
-- mean that from this version on the province follows the default again.
create table calendar_settings (
  province text not null check (province = 'default' or province ~ '^H[0-9]{2}$'),
  version integer not null references calendar_versions,
  settings jsonb,
  primary key (province, version),
  check (province <> 'default' or settings is not null)
);

-- Stored once, at acceptance, and never worked out again.
alter table packages
  add column dispatch_due_at timestamptz,
  add column is_late boolean,
  add column receipt_due_at timestamptz,
  add column urgent_due_at timestamptz,
  add column calendar_version integer;
