-- Uploads that may be cut and resumed, and the bytes that each system has sent on each day of Vietnam.

create table byte_usage (
  day date not null,
  system_id text not null references systems on delete cascade,
  bytes bigint not null default 0 check (bytes >= 0),
  packages integer not null default 0 check (packages >= 0),
  primary key (day, system_id)
);

create table uploads (
  upload_id uuid primary key,
  system_id text not null references systems on delete cascade,
  length bigint not null check (length > 0),
  -- What is safely on disk; only this was promised to the sender.
  received bigint not null default 0 check (received between 0 and length),
  -- As the client wrote it (tus: Upload-Metadata).
  metadata text not null default '',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- What it became. Its bytes are gone then, and the row is kept so that asking again finds the receipt.
  package_id uuid,
  check (package_id is null or received = length)
);
create index uploads_system on uploads (system_id) where package_id is null;
create index uploads_expiry on uploads (expires_at);

-- The pieces of an upload, each a file of its own: whoever comes too late with a piece has written into no other file.
create table upload_parts (
  upload_id uuid not null references uploads on delete cascade,
  starts_at bigint not null check (starts_at >= 0),
  bytes bigint not null check (bytes > 0),
  part_id uuid not null,
  primary key (upload_id, starts_at)
);
