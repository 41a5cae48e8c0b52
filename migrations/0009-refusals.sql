-- Refusals are read by those who sent what was turned away, so a row must say whether the sender proved to be the
-- system it names, by which credential, and which values the text of its code needs. Rows of the previous release,
-- which does not say so, stay hidden from systems: whoever merely claimed to be somebody must not fill their list.

alter table refusals
  add column is_authenticated boolean not null default false,
  add column credential_id uuid,
  -- Values for the {placeholders} of the catalogue text; none where a rule forbids to keep them.
  add column params jsonb not null default '{}',
  -- How document ids are compared (domain repeat rules).
  add column document_key text generated always as (btrim(normalize(document_id, NFC))) stored;

-- Only a failed authentication, or a fault before it, leaves a name that was merely claimed.
update refusals set is_authenticated = true
where system_id is not null and http_status <> 401 and http_status < 500;

-- Lists are newest first, by key; the reference tells rows of one moment apart.
drop index refusals_at;
drop index refusals_system;
create index refusals_newest on refusals (at, ref);
create index refusals_of_system on refusals (system_id, at, ref) where system_id is not null;
create index refusals_of_code on refusals (problem_code, at, ref);
create index refusals_of_document on refusals (document_key) where document_key is not null;
-- Codes as they are compared: trimmed, NFC, upper case.
create index refusals_of_agency on refusals (upper(btrim(normalize(organ_id, NFC)))) where organ_id is not null;

-- Finds what was accepted later with the very bytes of a refusal. By hash, because only equality is asked for: some ten
-- microseconds for each acceptance.
create index packages_sha256 on packages using hash (sha256);
