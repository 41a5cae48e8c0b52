-- Recall, update and replace: which documents a package acts on, what it asks of each recipient and what came of it,
-- and which deliveries must wait until another one is settled with the same recipient (design §3, order around a recall).

alter table deliveries
  -- True for the few that have rows in delivery_waits, so that all others are claimed without a look there.
  add column waits boolean not null default false,
  -- An update or a replacement of this document was sent and not yet answered by 15 or 16.
  add column update_requested boolean not null default false;

-- What the sender declared about the document when it overrode a rule (request header tram-declaration).
alter table packages add column declaration text check (declaration in ('not-secret'));

-- A document is looked for by its id alone as well: whether somebody else issued it. Serves what packages_document did.
create index packages_document_key on packages (document_key text_pattern_ops, from_agency_id);
drop index packages_document;

create table delivery_waits (
  delivery_id uuid not null references deliveries,
  after_delivery_id uuid not null references deliveries,
  -- Without the other one it makes no sense: nobody is asked to give back, or to update, what he never saw.
  needs_it boolean not null,
  primary key (delivery_id, after_delivery_id)
);
create index delivery_waits_after on delivery_waits (after_delivery_id);

-- What still waits: few rows, looked through by the sweeper.
create index deliveries_that_wait on deliveries (delivery_id) where waits and state in ('held', 'waiting', 'available');

-- True while a document that this delivery follows is not settled with its recipient, and for ever when all that it
-- speaks of was withdrawn unseen.
create function delivery_is_blocked(p_delivery uuid) returns boolean language sql stable as $$
  select coalesce(
    bool_or(t.state not in ('delivered', 'refused', 'exhausted', 'expired', 'recalled'))
      or bool_and(t.state = 'recalled') filter (where w.needs_it), false)
  from delivery_waits w join deliveries t on t.delivery_id = w.after_delivery_id
  where w.delivery_id = p_delivery
$$;

-- True when nothing is left that this delivery could speak of.
create function delivery_is_pointless(p_delivery uuid) returns boolean language sql stable as $$
  select coalesce(bool_and(t.state = 'recalled') filter (where w.needs_it), false)
  from delivery_waits w join deliveries t on t.delivery_id = w.after_delivery_id
  where w.delivery_id = p_delivery
$$;

-- Lineage: the documents a package acts on, each by the first package of its document.
create table package_targets (
  package_id uuid not null references packages,
  target_package_id uuid not null references packages,
  relation text not null check (relation in ('recalls', 'updates', 'replaces')),
  primary key (package_id, target_package_id)
);
create index package_targets_target on package_targets (target_package_id);

create table operation_requests (
  request_id uuid primary key,
  kind text not null check (kind in ('recall', 'update', 'replace')),
  -- The package or the status that asks; none where one call withdrew what nobody had taken.
  package_id uuid references packages,
  target_package_id uuid not null references packages,
  target_delivery_id uuid not null references deliveries,
  -- What takes the request to the recipient; none where the document was withdrawn.
  carrier_delivery_id uuid references deliveries,
  outcome text not null check (outcome in ('withdrawn', 'requested', 'agreed', 'declined', 'settled_otherwise')),
  reason text,
  asked_by text not null,
  asked_at timestamptz not null,
  settled_at timestamptz,
  -- The answering status, or the operator who closed it.
  answer_package_id uuid references packages,
  settled_by text,
  settled_reason text,
  check ((outcome = 'requested') = (settled_at is null)),
  check (outcome <> 'settled_otherwise' or (settled_by is not null and settled_reason is not null))
);
create index operation_requests_delivery on operation_requests (target_delivery_id);
create index operation_requests_target on operation_requests (target_package_id);
create index operation_requests_package on operation_requests (package_id) where package_id is not null;
create index operation_requests_carrier on operation_requests (carrier_delivery_id) where carrier_delivery_id is not null;
create index operation_requests_open on operation_requests (asked_at) where outcome = 'requested';

-- As in 0004, but for one condition: a delivery that waits for another one is not taken.
create or replace function claim_deliveries(p_lane text, p_max integer, p_lease interval)
returns setof claimed_delivery language plpgsql as $$
declare
  lane lanes%rowtype;
  moment timestamptz;
  busy integer;
  busy_normal integer;
  free integer;
  free_normal integer;
  taken integer;
begin
  select * into lane from lanes where system_id = p_lane for update;
  if not found or lane.paused_reason is not null then return; end if;
  moment := clock_timestamp();
  if lane.open_until > moment then return; end if;

  select count(*), count(*) filter (where priority = 0) into busy, busy_normal
  from deliveries where system_id = p_lane and lease_token is not null and lease_until > moment;

  free := least(lane.concurrency - busy, p_max);
  -- One slot is kept for urgent documents, so that a slow ordinary one never stands before them.
  free_normal := case when lane.concurrency = 1 then free else least(free, lane.concurrency - 1 - busy_normal) end;
  if lane.faults_in_row >= 3 then
    -- The breaker is half open: exactly one probe at a time.
    free := case when busy = 0 then 1 else 0 end;
    free_normal := free;
  end if;
  if lane.rate_per_second is not null then
    lane.tokens := least(greatest(lane.rate_per_second, 1),
      lane.tokens + lane.rate_per_second * extract(epoch from moment - lane.tokens_at));
    free := least(free, floor(lane.tokens)::integer);
    free_normal := least(free_normal, free);
  end if;
  if free <= 0 then return; end if;

  return query
  with due as (
    select d.delivery_id, d.taken_at is null as first_taking, d.priority, d.next_attempt_at
    from generate_series(4, 0, -1) as urgency
    cross join lateral (
      select x.delivery_id, x.taken_at, x.priority, x.next_attempt_at
      from deliveries x
      where x.system_id = p_lane and x.priority = urgency and x.next_attempt_at <= moment and x.lease_token is null
        and not (x.waits and delivery_is_blocked(x.delivery_id))
      order by x.next_attempt_at
      limit case when urgency = 0 then greatest(free_normal, 0) else free end
      for update skip locked
    ) d
    order by d.priority desc, d.next_attempt_at
    limit free
  ), claimed as (
    update deliveries d set
      -- A notice leaves the delivery in the mailbox: only its announcement is in flight.
      state = case when d.state = 'waiting' then 'in_flight' else d.state end,
      state_since = case when d.state = 'waiting' then moment else d.state_since end,
      attempts = d.attempts + 1,
      lease_token = gen_random_uuid(),
      lease_until = moment + p_lease,
      taken_at = case when d.state = 'waiting' then coalesce(d.taken_at, moment) else d.taken_at end
    from due where d.delivery_id = due.delivery_id
    returning d.delivery_id, d.system_id, d.package_id, d.lease_token, d.attempts, d.organ_id, d.agency_code, due.first_taking,
      d.state = 'available' as announces_only
  )
  select c.delivery_id, c.system_id, c.package_id, c.lease_token, c.attempts, c.organ_id, c.agency_code,
    c.first_taking, c.announces_only, lane.rate_per_second
  from claimed c;

  get diagnostics taken = row_count;
  if lane.rate_per_second is not null then
    update lanes set tokens = lane.tokens - taken, tokens_at = moment where system_id = p_lane;
  end if;
end $$;
