-- How a lane takes work (design D3). One function, because each of its statements must see what committed while it
-- waited for the lane's lock: in one SQL statement the slots would be counted from a snapshot taken before the wait,
-- and two workers would overfill a lane.

create type claimed_delivery as (
  delivery_id uuid,
  system_id text,
  package_id uuid,
  lease_token uuid,
  attempt integer,
  organ_id text,
  agency_code text,
  -- Nobody had taken it before this claim, so an attempt that sends nothing leaves it untaken.
  first_taking boolean,
  -- The document waits in the mailbox; only a notice about it is claimed.
  announces_only boolean,
  -- Set for a lane with a rate: it has to be rung again when its next token is due.
  rate_per_second double precision
);

create function claim_deliveries(p_lane text, p_max integer, p_lease interval)
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
