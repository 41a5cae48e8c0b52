-- What was accepted and who must get it. Delivery rows are the outbox: they are written in the transaction that
-- accepts the package (design D1, D15). Both tables stay whole, never partitioned, because their uniqueness must hold
-- over all time.

create table packages (
  -- Also the id of the blob that holds the bytes (design D6).
  package_id uuid primary key,
  type text not null check (type in ('edoc', 'status')),
  kind text not null check (kind in ('new', 'recall', 'update', 'replace', 'status')),
  system_id text not null references systems,
  face text not null check (face in ('rest')),
  from_agency_id uuid not null references agencies,
  from_code text not null,
  document_id text not null,
  document_key text not null,
  -- What makes two submissions the same document (domain repeat rules); the first one of a key has no supplement_of.
  repeat_key uuid not null,
  supplement_of uuid references packages,
  code text,
  subject text,
  priority smallint not null check (priority between 0 and 4),
  promulgation_date date,
  -- What was read from the header, with the facts about each attachment.
  document jsonb not null,
  findings jsonb not null default '[]',
  content_hash bytea not null check (length(content_hash) = 32),
  sha256 bytea not null check (length(sha256) = 32),
  size bigint not null check (size > 0),
  -- The signed receipt as first answered; a repeat gets it again.
  receipt text not null,
  accepted_at timestamptz not null,
  check ((type = 'status') = (kind = 'status'))
);
create unique index packages_first on packages (repeat_key) where supplement_of is null;
create index packages_sender on packages (from_agency_id, package_id);
create index packages_document on packages (from_agency_id, document_key);
-- For people who read out the beginning of a number.
create index packages_code on packages (code text_pattern_ops) where code is not null;

create table deliveries (
  delivery_id uuid primary key,
  package_id uuid not null references packages,
  type text not null check (type in ('edoc', 'status')),
  priority smallint not null check (priority between 0 and 4),
  repeat_key uuid not null,
  -- The recipient agency, or a hash of the written code while no agency is known by it.
  recipient_key uuid not null,
  recipient_agency_id uuid references agencies,
  organ_id text not null,
  agency_code text,
  system_id text references systems,
  channel text check (channel in ('mailbox', 'push')),
  state text not null check (state in ('held', 'waiting', 'in_flight', 'available', 'delivered', 'refused', 'exhausted', 'expired', 'recalled')),
  held_reason text check (held_reason in ('unknown_agency', 'not_connected', 'no_system', 'closed', 'quarantined')),
  state_since timestamptz not null default now(),
  created_at timestamptz not null default now(),
  available_at timestamptz,
  next_attempt_at timestamptz,
  give_up_at timestamptz,
  attempts integer not null default 0,
  lease_token uuid,
  lease_until timestamptz,
  taken_at timestamptz,
  fetched_at timestamptz,
  fetch_count integer not null default 0,
  delivered_at timestamptz,
  reason_code text,
  reason_text text,
  -- What the agencies reported (01–16), never invented by us (design D9).
  business_code text,
  business_at timestamptz,
  recall_requested boolean not null default false,
  recall_agreed boolean not null default false,
  unique (repeat_key, recipient_key),
  check ((state = 'held') = (held_reason is not null)),
  check (held_reason = 'unknown_agency' or state in ('expired', 'recalled') or recipient_agency_id is not null),
  -- What never found a lane may also end without one.
  check (state in ('held', 'expired', 'recalled') or (system_id is not null and channel is not null)),
  check (state <> 'waiting' or next_attempt_at is not null),
  check (state <> 'available' or available_at is not null),
  check ((lease_token is null) = (lease_until is null)),
  check (state <> 'in_flight' or lease_token is not null),
  check (state in ('waiting', 'in_flight', 'available') or (next_attempt_at is null and lease_token is null)),
  check (state <> 'delivered' or delivered_at is not null)
) with (fillfactor = 85);

create index deliveries_package on deliveries (package_id);
create index deliveries_system on deliveries (system_id, delivery_id) where system_id is not null;
create index deliveries_recipient on deliveries (recipient_agency_id, delivery_id) where recipient_agency_id is not null;
create index deliveries_unfinished on deliveries (state, delivery_id) where state <> 'delivered';
-- The mailbox in the order it is handed out: urgent first, then never fetched, then oldest.
create index deliveries_mailbox on deliveries (system_id, (-priority), (fetched_at is not null), available_at, delivery_id)
  where state = 'available';
-- What a lane may claim. Leased rows are not in it, so a claim never walks over work in flight.
create index deliveries_due on deliveries (system_id, priority, next_attempt_at)
  where next_attempt_at is not null and lease_token is null;
create index deliveries_leased on deliveries (system_id, lease_until) where lease_token is not null;
create index deliveries_give_up on deliveries (give_up_at) where state in ('waiting', 'held') and give_up_at is not null;
create index deliveries_held on deliveries (held_reason, delivery_id) where state = 'held';

-- One lane per system: its pace, and the row that serialises claims.
create table lanes (
  system_id text primary key references systems on delete cascade,
  concurrency integer not null default 8 check (concurrency between 1 and 256),
  rate_per_second double precision check (rate_per_second > 0),
  tokens double precision not null default 0,
  tokens_at timestamptz not null default now(),
  -- Faults of the endpoint in a row; three open the breaker until open_until, then one probe goes out.
  faults_in_row integer not null default 0,
  open_until timestamptz,
  paused_reason text check (paused_reason in ('endpoint_gone')),
  last_success_at timestamptz,
  last_fault_at timestamptz,
  last_fault text
) with (fillfactor = 50);

create table feedback (
  -- The status package that said it.
  package_id uuid primary key references packages,
  about_package_id uuid references packages,
  about_delivery_id uuid references deliveries,
  from_agency_id uuid not null references agencies,
  code text not null,
  code_text text not null,
  effect text not null check (effect in ('moved', 'late', 'repeated', 'illegal', 'unknown_code', 'unknown_document', 'not_addressed')),
  description text,
  staff jsonb,
  reported_at timestamptz,
  reported_text text,
  received_at timestamptz not null
);
create index feedback_about on feedback (about_package_id) where about_package_id is not null;

create table idempotency_keys (
  system_id text not null references systems on delete cascade,
  key text not null,
  sha256 bytea not null,
  package_id uuid not null references packages,
  created_at timestamptz not null default now(),
  primary key (system_id, key)
);

-- What was turned away: never content (contract §5).
create table refusals (
  ref text primary key,
  at timestamptz not null default now(),
  face text not null,
  path text not null,
  system_id text,
  organ_id text,
  document_id text,
  sha256 bytea,
  size bigint,
  http_status integer not null,
  problem_code text not null,
  violations jsonb not null default '[]'
);
create index refusals_at on refusals (at);
create index refusals_system on refusals (system_id, at) where system_id is not null;

-- Blob folders (one per UTC hour) that were searched for orphans.
create table blob_sweeps (
  hour timestamptz primary key,
  swept_at timestamptz not null default now(),
  removed integer not null
);
