-- A claim answers with what is to be sent. The packages are read in a statement of their own: one that began before the
-- lane's lock was granted does not see a package accepted while it waited, and its delivery would be under a lease that
-- nobody holds.

create type claimed_work as (
  delivery_id uuid,
  system_id text,
  package_id uuid,
  lease_token uuid,
  attempt integer,
  organ_id text,
  agency_code text,
  first_taking boolean,
  announces_only boolean,
  rate_per_second double precision,
  type text,
  kind text,
  document_id text,
  sha256 bytea,
  size bigint,
  priority smallint,
  from_code text,
  code text,
  subject text,
  accepted_at timestamptz
);

create function claim_work(p_lane text, p_max integer, p_lease interval)
returns setof claimed_work language plpgsql as $$
declare
  claimed claimed_delivery[];
begin
  claimed := array(select c from claim_deliveries(p_lane, p_max, p_lease) c);
  return query
  select c.delivery_id, c.system_id, c.package_id, c.lease_token, c.attempt, c.organ_id, c.agency_code,
    c.first_taking, c.announces_only, c.rate_per_second, p.type, p.kind, p.document_id, p.sha256, p.size, p.priority,
    p.from_code, p.code, p.subject, p.accepted_at
  from unnest(claimed) c join packages p using (package_id)
  order by p.priority desc, p.package_id;
end $$;
