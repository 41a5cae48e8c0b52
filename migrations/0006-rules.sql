-- How strictly the rules about packages are applied: what a province or one of its agencies has changed of the defaults
-- in schemas/rules. Nothing is ever rewritten: a change is a new row, taking one back is a row as well, so that it can
-- be said years later by which rules a package was judged.

create table rule_overrides (
  override_id uuid primary key,
  -- What rules_version became with this change.
  version bigint not null unique,
  rule_id text not null check (rule_id <> ''),
  -- None: the whole province.
  agency_id uuid references agencies,
  -- 'removed' makes void all earlier rows of the rule in this scope.
  change text not null check (change in ('set', 'removed')),
  mode text check (mode in ('ignore', 'warn', 'refuse')),
  -- Only the parameters that differ.
  parameters jsonb,
  -- First and last day, both included; none: unbounded.
  valid_from date,
  valid_to date,
  changed_by text not null check (changed_by <> ''),
  changed_at timestamptz not null,
  reason text not null check (reason <> ''),
  check (valid_from is null or valid_to is null or valid_from <= valid_to),
  check (change = 'removed' or num_nonnulls(mode, parameters) > 0),
  check (change = 'set' or num_nonnulls(mode, parameters, valid_from, valid_to) = 0)
);
create index rule_overrides_rule on rule_overrides (rule_id, version);

create function keep_rule_overrides() returns trigger language plpgsql as $$
begin
  raise exception 'rows of rule_overrides are never changed or removed';
end $$;

create trigger rule_overrides_kept before update or delete on rule_overrides
  for each statement execute function keep_rule_overrides();

-- One row. Raised with every change, and how every process learns that its copy of the rules is stale.
create table rules_version (
  only_row boolean primary key default true check (only_row),
  version bigint not null
);
insert into rules_version (version) values (1);

-- Whether an agency has used a number and notation before (NĐ 30/2020 Phụ lục VI, 1.h). It also finds a number by its
-- beginning, as packages_code did.
create index packages_number on packages (code text_pattern_ops, from_agency_id) where code is not null;
drop index packages_code;
