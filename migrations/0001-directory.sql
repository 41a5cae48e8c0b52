-- Who takes part: agencies with the codes they are written with, the systems that serve them, and the version that
-- tells every process its copy of the directory is stale. Codes may be handed on after a merger, so what must not
-- happen is two agencies answering to one code on one day: an exclusion constraint, not a unique key.

create extension if not exists btree_gist;

create table agencies (
  agency_id uuid primary key,
  name text not null check (name <> ''),
  kind text not null default 'state' check (kind in ('state', 'joined', 'enterprise', 'bridge')),
  parent_id uuid references agencies,
  -- The office that receives for its parent when the parent has no system of its own (R89).
  is_office boolean not null default false,
  connected boolean not null default true,
  receiver_id uuid references agencies check (receiver_id <> agency_id),
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (not is_office or parent_id is not null)
);
create unique index agencies_one_office on agencies (parent_id) where is_office;
create index agencies_updated on agencies (updated_at, agency_id);

create table agency_codes (
  code_id bigint generated always as identity primary key,
  agency_id uuid not null references agencies on delete cascade,
  code text not null check (code <> '' and length(code) <= 100),
  -- Trimmed, NFC, upper case: how two spellings of one code are compared.
  code_key text not null,
  scheme text not null check (scheme in ('qcvn102', 'qd20', 'enterprise', 'legacy')),
  valid_from date,
  valid_to date,
  -- Made up for the sandbox; nobody published a real code for this agency.
  is_sandbox boolean not null default false,
  check (valid_from is null or valid_to is null or valid_from <= valid_to),
  exclude using gist (code_key with =, daterange(valid_from, valid_to, '[]') with &&)
);
create index agency_codes_agency on agency_codes (agency_id);

create table agency_successors (
  agency_id uuid not null references agencies,
  successor_id uuid not null references agencies,
  effective_at timestamptz not null default now(),
  primary key (agency_id, successor_id),
  check (agency_id <> successor_id)
);

create table systems (
  system_id text primary key check (system_id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
  name text not null check (name <> ''),
  vendor text,
  channel text not null check (channel in ('mailbox', 'push')),
  push_url text,
  push_style text not null default 'package' check (push_style in ('package', 'notice')),
  -- A header the receiving side wants, e.g. Authorization; encrypted under MASTER_KEY.
  push_auth_cipher bytea,
  push_ca text,
  webhook_secret_cipher bytea not null,
  webhook_secret_old_cipher bytea,
  webhook_secret_old_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (channel <> 'push' or push_url is not null),
  check ((webhook_secret_old_cipher is null) = (webhook_secret_old_until is null))
);

create table system_agencies (
  system_id text not null references systems on delete cascade,
  agency_id uuid not null references agencies,
  receives boolean not null,
  primary key (system_id, agency_id)
);
-- A document has one mailbox: at most one system receives for an agency, while several may send for it.
create unique index system_agencies_one_receiver on system_agencies (agency_id) where receives;

create table system_credentials (
  credential_id uuid primary key,
  system_id text not null references systems on delete cascade,
  label text not null,
  secret_hash bytea not null check (length(secret_hash) = 32),
  -- AES-256-GCM under MASTER_KEY: the national axis' protocol needs the secret itself for its HMAC (design D18).
  secret_cipher bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz
);
create index system_credentials_system on system_credentials (system_id);

create table system_credential_agencies (
  credential_id uuid not null references system_credentials on delete cascade,
  agency_id uuid not null references agencies,
  primary key (credential_id, agency_id)
);

create table contacts (
  contact_id uuid primary key,
  agency_id uuid references agencies on delete cascade,
  system_id text references systems on delete cascade,
  -- R68: full name, position, unit, mobile, official mailbox.
  name text not null check (name <> ''),
  position text,
  unit text,
  mobile text,
  mailbox text,
  check (num_nonnulls(agency_id, system_id) = 1)
);
create index contacts_agency on contacts (agency_id) where agency_id is not null;
create index contacts_system on contacts (system_id) where system_id is not null;

-- One row. Acceptance compares it inside its transaction, so that no document is addressed by a stale directory.
create table directory_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into directory_version (version) values (1);

create function bump_directory_version() returns trigger language plpgsql as $$
begin
  update directory_version set version = version + 1;
  return null;
end $$;

create trigger agencies_version after insert or update or delete on agencies
  for each statement execute function bump_directory_version();
create trigger agency_codes_version after insert or update or delete on agency_codes
  for each statement execute function bump_directory_version();
create trigger agency_successors_version after insert or update or delete on agency_successors
  for each statement execute function bump_directory_version();
create trigger systems_version after insert or update or delete on systems
  for each statement execute function bump_directory_version();
create trigger system_agencies_version after insert or update or delete on system_agencies
  for each statement execute function bump_directory_version();
create trigger system_credentials_version after insert or update or delete on system_credentials
  for each statement execute function bump_directory_version();
create trigger system_credential_agencies_version after insert or update or delete on system_credential_agencies
  for each statement execute function bump_directory_version();
