-- What happened, append-only and partitioned by month, and the keys and tokens of the installation itself.

create table events (
  event_id uuid not null,
  at timestamptz not null,
  type text not null,
  package_id uuid,
  delivery_id uuid,
  system_id text,
  data jsonb not null default '{}',
  primary key (event_id, at)
) partition by range (at);
create index events_package on events (package_id, at) where package_id is not null;

create table attempts (
  delivery_id uuid not null,
  attempt integer not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  system_id text not null,
  outcome text not null,
  http_status integer,
  detail text,
  primary key (delivery_id, attempt, started_at)
) partition by range (started_at);

create table audit (
  audit_id uuid not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  object text not null,
  data jsonb not null default '{}',
  primary key (audit_id, at)
) partition by range (at);

-- Makes the partitions of the running month and `months_ahead` further ones. Months begin in UTC.
create function ensure_partitions(months_ahead integer) returns integer language plpgsql as $$
declare
  parent text;
  first_day timestamptz;
  made integer := 0;
begin
  foreach parent in array array['events', 'attempts', 'audit'] loop
    for i in 0..months_ahead loop
      first_day := (date_trunc('month', now() at time zone 'UTC') + make_interval(months => i)) at time zone 'UTC';
      if to_regclass(format('%I', parent || to_char(first_day at time zone 'UTC', '_YYYY_MM'))) is null then
        execute format(
          'create table %I partition of %I for values from (%L) to (%L)',
          parent || to_char(first_day at time zone 'UTC', '_YYYY_MM'), parent, first_day,
          ((first_day at time zone 'UTC') + interval '1 month') at time zone 'UTC');
        made := made + 1;
      end if;
    end loop;
  end loop;
  return made;
end $$;

-- True when next month's partitions stand: readiness depends on it.
create function partitions_ready() returns boolean language sql stable as $$
  select count(*) = 3
  from unnest(array['events', 'attempts', 'audit']) parent
  where to_regclass(format('%I', parent ||
    to_char(date_trunc('month', now() at time zone 'UTC') + interval '1 month', '_YYYY_MM'))) is not null
$$;

select ensure_partitions(2);

-- One open record per cause and subject; a repetition counts, it does not add a row.
create table alerts (
  alert_id uuid primary key,
  cause text not null,
  subject text not null,
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  count integer not null default 1,
  data jsonb not null default '{}',
  closed_at timestamptz
);
create unique index alerts_open on alerts (cause, subject) where closed_at is null;

-- Bearer tokens of operators, by hash only.
create table operator_tokens (
  token_hash bytea primary key check (length(token_hash) = 32),
  label text not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

-- Keys that sign receipts and access tokens; the private half is encrypted under MASTER_KEY.
create table signing_keys (
  kid text primary key,
  algorithm text not null check (algorithm in ('EdDSA')),
  public_jwk jsonb not null,
  private_cipher bytea not null,
  created_at timestamptz not null default now(),
  retired_at timestamptz
);
