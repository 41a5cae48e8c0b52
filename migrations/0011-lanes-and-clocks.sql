-- Lanes in full, the two clocks of a delivery, reports to senders, holding of packages. One file for the columns, because
-- the claim reads most of them.

alter table systems
  -- Its credentials are refused and nothing leaves for it.
  add column suspended_at timestamptz,
  -- A document for several of its agencies is one push.
  add column bundle boolean not null default false,
  -- Where documents wait while its endpoint is down; only for one that has fetched before.
  add column fallback text not null default 'none' check (fallback in ('none', 'mailbox')),
  add column first_fetched_at timestamptz,
  -- How it is told what became of its documents: not at all, as JSON, or as a status of this code.
  add column reports text not null default 'json' check (reports ~ '^(none|json|status:[0-9]{2})$'),
  -- Overrides of the province's delivery policy (schemas/json/delivery-policy.json).
  add column delivery_policy jsonb,
  -- Most bytes it may send in a day of Vietnam; none: no limit.
  add column bytes_per_day bigint check (bytes_per_day > 0);

-- The province's own delivery policy over the built-in one; one row, or none.
create table delivery_settings (
  only_row boolean primary key default true check (only_row),
  policy jsonb not null,
  changed_at timestamptz not null default now(),
  changed_by text not null
);
create trigger delivery_settings_version after insert or update or delete on delivery_settings
  for each statement execute function bump_directory_version();

alter table lanes drop constraint lanes_paused_reason_check;
alter table lanes
  add constraint lanes_paused_reason_check
    check (paused_reason in ('endpoint_gone', 'by_operator', 'draining', 'suspended')),
  add column paused_at timestamptz,
  add column paused_by text,
  add column paused_note text,
  -- One at a time in the order of acceptance; what is tried again holds up what follows.
  add column in_order boolean not null default false,
  -- The sender served last: the next claim begins behind it.
  add column last_sender uuid not null default '00000000-0000-0000-0000-000000000000',
  -- Claims of a lane with one slot; every fourth lets what has waited longest go first.
  add column turns integer not null default 0,
  -- Five times in ten minutes the system turned something away "for now": nothing is offered again until somebody looks.
  add column reoffers_paused_at timestamptz,
  -- So many faults in a row that its breaker opened: until the next success only probes go out, one at a time.
  add column is_broken boolean not null default false,
  add column broken_since timestamptz;
update lanes set is_broken = true, broken_since = coalesce(last_fault_at, now()) where faults_in_row >= 3;

alter table packages drop constraint packages_type_check, drop constraint packages_kind_check,
  drop constraint packages_check, drop constraint packages_face_check;
alter table packages
  add constraint packages_type_check check (type in ('edoc', 'status', 'report')),
  add constraint packages_kind_check check (kind in ('new', 'recall', 'update', 'replace', 'status', 'report')),
  add constraint packages_face_check check (face in ('rest', 'axis')),
  add constraint packages_kind_of_type check ((type = 'status') = (kind = 'status') and (type = 'report') = (kind = 'report'));

alter table deliveries drop constraint deliveries_type_check, drop constraint deliveries_held_reason_check;
alter table deliveries
  add constraint deliveries_type_check check (type in ('edoc', 'status', 'report')),
  add constraint deliveries_held_reason_check
    check (held_reason in ('unknown_agency', 'not_connected', 'no_system', 'closed', 'quarantined', 'by_operator')),
  -- Whose document it is: slots of a lane are shared between senders. All f: not known, from a release before this one.
  add column sender_agency_id uuid not null default 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  -- The two clocks (design §3): when the sender is told that it is late; when three quarters of its life are over.
  add column report_at timestamptz,
  add column warn_at timestamptz,
  -- The next of report_at, warn_at and give_up_at that nobody has acted on; infinity while its clocks stand still.
  add column clock_at timestamptz,
  -- How often the receiver turned it away "for now".
  add column turned_away integer not null default 0,
  -- A part of the mailbox in the hands of one of several threads of the receiving system.
  add column mailbox_lease_id uuid,
  add column mailbox_lease_until timestamptz,
  add constraint deliveries_mailbox_lease check ((mailbox_lease_id is null) = (mailbox_lease_until is null));

update deliveries d set sender_agency_id = p.from_agency_id from packages p
where p.package_id = d.package_id and d.state in ('held', 'waiting', 'in_flight', 'available');

-- What a lane may claim, each sender by itself. Serves what the former one did.
create index deliveries_due_by_sender on deliveries (system_id, priority, sender_agency_id, next_attempt_at)
  where next_attempt_at is not null and lease_token is null;
drop index deliveries_due;
-- The order of acceptance, for lanes that keep it.
create index deliveries_in_order on deliveries (system_id, delivery_id) where state in ('waiting', 'in_flight');
-- A release before this one writes no clock_at.
create index deliveries_clock on deliveries (coalesce(clock_at, give_up_at))
  where state in ('held', 'waiting', 'in_flight', 'available') and coalesce(clock_at, give_up_at) is not null;
drop index deliveries_give_up;
create index deliveries_turned_away on deliveries (system_id, available_at) where state = 'available' and turned_away > 0;

-- The clocks of a system's deliveries, or of all of them, stood still; every open delivery is moved on by that time.
create table clock_stops (
  stop_id uuid primary key,
  system_id text references systems on delete cascade,
  why text not null,
  started_at timestamptz not null,
  ended_at timestamptz,
  -- Deliveries up to here have been moved on.
  moved_to uuid not null default '00000000-0000-0000-0000-000000000000',
  moved_at timestamptz
);
create unique index clock_stops_running on clock_stops (coalesce(system_id, '')) where ended_at is null;
create index clock_stops_open on clock_stops (system_id) where moved_at is null;

-- Packages that an operator stopped: what nobody has taken of them waits until it is released.
create table package_holds (
  hold_id uuid primary key,
  package_id uuid not null references packages,
  reason text not null,
  requested_by text not null,
  held_by text not null,
  held_at timestamptz not null default now(),
  released_at timestamptz,
  released_by text,
  release_reason text,
  check ((released_at is null) = (released_by is null))
);
create unique index package_holds_open on package_holds (package_id) where released_at is null;

-- What senders are to be told about their documents. Composed into packages of type report, one for each sender and
-- incident.
create table report_items (
  item_id uuid primary key,
  what text not null check (what in ('delayed', 'about_to_expire', 'undelivered', 'refused', 'recall_outcome', 'recovered')),
  -- What they have in common: deliveries of one incident go into one report.
  incident text not null,
  delivery_id uuid not null references deliveries,
  package_id uuid not null references packages,
  data jsonb not null default '{}',
  noted_at timestamptz not null default now(),
  -- The package that tells it; none where the sender's system wants none.
  report_package_id uuid references packages,
  told_at timestamptz
);
create unique index report_items_once on report_items (delivery_id, what) where told_at is null;
create index report_items_open on report_items (noted_at) where told_at is null;

-- Senders with something waiting on a lane at one urgency, from a sender on. A loop over the index that reads one entry
-- for each sender, however many deliveries wait behind it.
create function waiting_senders(p_lane text, p_priority smallint, p_after uuid)
returns table (sender uuid, due_at timestamptz) language sql stable as $$
  with recursive s as (
    (select d.sender_agency_id as sender, d.next_attempt_at as due_at from deliveries d
     where d.system_id = p_lane and d.priority = p_priority and d.next_attempt_at is not null and d.lease_token is null
       and d.sender_agency_id > p_after
     order by d.sender_agency_id, d.next_attempt_at limit 1)
    union all
    select n.sender, n.due_at from s cross join lateral (
      select d.sender_agency_id as sender, d.next_attempt_at as due_at from deliveries d
      where d.system_id = p_lane and d.priority = p_priority and d.next_attempt_at is not null and d.lease_token is null
        and d.sender_agency_id > s.sender
      order by d.sender_agency_id, d.next_attempt_at limit 1) n
  )
  select s.sender, s.due_at from s
$$;

-- Picks and leases what a lane may send now. As in 0005, and beyond it: slots are shared between senders in turn; what
-- has waited longer than p_ageing always has one of its urgency under way; a lane may keep the order of acceptance; a
-- lane that bundles takes a document's other deliveries to the same system along.
create function lease_deliveries(p_lane text, p_max integer, p_lease interval, p_ageing interval)
returns setof claimed_delivery language plpgsql as $$
declare
  lane lanes%rowtype;
  bundles boolean;
  moment timestamptz;
  running integer[];
  busy integer;
  free integer;
  room integer;
  turn integer;
  picked uuid[] := '{}';
  got uuid[];
  heads record;
  served uuid;
begin
  select * into lane from lanes where system_id = p_lane for update;
  if not found or lane.paused_reason is not null then return; end if;
  -- Maintenance: the clocks of all stand still, and nothing leaves.
  if exists (select from clock_stops where system_id is null and ended_at is null) then return; end if;
  moment := clock_timestamp();
  if lane.open_until > moment then return; end if;
  select s.bundle into bundles from systems s where s.system_id = p_lane;

  -- How many attempts run at each urgency, 0 first. A bundle is one attempt.
  select array_agg(coalesce(r.n, 0) order by u) into running
  from generate_series(0, 4) u left join (
    select d.priority, case when bundles then count(distinct d.package_id) else count(*) end::integer as n
    from deliveries d where d.system_id = p_lane and d.lease_token is not null and d.lease_until > moment
    group by d.priority) r on r.priority = u;
  busy := running[1] + running[2] + running[3] + running[4] + running[5];

  free := least(lane.concurrency - busy, p_max);
  -- The breaker is half open: exactly one probe at a time.
  if lane.is_broken then free := case when busy = 0 then 1 else 0 end; end if;
  if lane.rate_per_second is not null then
    lane.tokens := least(greatest(lane.rate_per_second, 1),
      lane.tokens + lane.rate_per_second * extract(epoch from moment - lane.tokens_at));
    free := least(free, floor(lane.tokens)::integer);
  end if;
  if free <= 0 then return; end if;

  if lane.in_order then
    if busy = 0 then
      -- The first in the order, though its lease may just have run out: until it is due again nothing passes it.
      picked := array(
        select o.delivery_id from (
          select d.delivery_id, d.next_attempt_at, d.lease_token from deliveries d
          where d.system_id = p_lane and d.state in ('waiting', 'in_flight')
            and not (d.waits and delivery_is_blocked(d.delivery_id))
          order by d.delivery_id limit 1 for update) o
        where o.lease_token is null and o.next_attempt_at <= moment);
      -- Announcements of what waits in the mailbox.
      if cardinality(picked) = 0 then
        picked := array(
          select d.delivery_id from deliveries d
          where d.system_id = p_lane and d.state = 'available' and d.next_attempt_at <= moment and d.lease_token is null
            and not (d.waits and delivery_is_blocked(d.delivery_id))
          order by d.delivery_id limit 1 for update skip locked);
      end if;
    end if;
  else
    -- What has waited too long at an urgency of which nothing is under way goes before more urgent documents: one of
    -- them at a time, and where the lane has a single slot, every fourth time.
    turn := lane.turns + 1;
    if free > 0 and (lane.concurrency > 1 or turn % 4 = 0) then
      for u in 0..3 loop
        exit when cardinality(picked) > 0;
        continue when running[u + 1] > 0;
        select w.sender, w.due_at into heads from waiting_senders(p_lane, u::smallint, '00000000-0000-0000-0000-000000000000') w
        where w.due_at <= moment - p_ageing and exists (
            select from deliveries x where x.system_id = p_lane and x.priority = u and x.sender_agency_id = w.sender
              and x.next_attempt_at <= moment and x.lease_token is null and not (x.waits and delivery_is_blocked(x.delivery_id)))
        order by w.due_at limit 1;
        continue when not found;
        picked := array(
          select d.delivery_id from deliveries d
          where d.system_id = p_lane and d.priority = u and d.sender_agency_id = heads.sender
            and d.next_attempt_at <= moment and d.lease_token is null and not (d.waits and delivery_is_blocked(d.delivery_id))
          order by d.next_attempt_at limit 1 for update skip locked);
      end loop;
    end if;

    for u in reverse 4..0 loop
      room := free - cardinality(picked);
      -- One slot is kept for urgent documents, so that a slow ordinary one never stands before them.
      if u = 0 and lane.concurrency > 1 and not lane.is_broken then
        room := least(room, lane.concurrency - 1 - running[1] - (
          select count(*) from deliveries d where d.delivery_id = any(picked) and d.priority = 0)::integer);
      end if;
      continue when room <= 0;

      -- Senders take turns, beginning behind the one served last.
      got := array(
        with turns as (
          select sender, row_number() over () as place from (
            (select w.sender from waiting_senders(p_lane, u::smallint, lane.last_sender) w
             where w.due_at <= moment and exists (
            select from deliveries x where x.system_id = p_lane and x.priority = u and x.sender_agency_id = w.sender
              and x.next_attempt_at <= moment and x.lease_token is null and not (x.waits and delivery_is_blocked(x.delivery_id))) limit room)
            union all
            (select w.sender from waiting_senders(p_lane, u::smallint, '00000000-0000-0000-0000-000000000000') w
             where w.due_at <= moment and w.sender <= lane.last_sender and exists (
            select from deliveries x where x.system_id = p_lane and x.priority = u and x.sender_agency_id = w.sender
              and x.next_attempt_at <= moment and x.lease_token is null and not (x.waits and delivery_is_blocked(x.delivery_id)))
             limit room)) all_senders
          limit room
        ), shares as (
          select sender, place, ceil(room::numeric / (select count(*) from turns))::integer as share from turns
        )
        select d.delivery_id
        from shares cross join lateral (
          select x.delivery_id, x.next_attempt_at from deliveries x
          where x.system_id = p_lane and x.priority = u and x.sender_agency_id = shares.sender
            and x.next_attempt_at <= moment and x.lease_token is null and x.delivery_id <> all (picked)
            and not (x.waits and delivery_is_blocked(x.delivery_id))
          order by x.next_attempt_at limit shares.share for update skip locked) d
        order by row_number() over (partition by shares.sender order by d.next_attempt_at), shares.place
        limit room);
      picked := picked || got;
      -- Some had less than their share: the rest goes to whoever has more.
      if cardinality(got) > 0 and cardinality(got) < room then
        picked := picked || array(
          select d.delivery_id
          from waiting_senders(p_lane, u::smallint, '00000000-0000-0000-0000-000000000000') w cross join lateral (
            select x.delivery_id, x.next_attempt_at from deliveries x
            where x.system_id = p_lane and x.priority = u and x.sender_agency_id = w.sender
              and x.next_attempt_at <= moment and x.lease_token is null and x.delivery_id <> all (picked)
              and not (x.waits and delivery_is_blocked(x.delivery_id))
            order by x.next_attempt_at limit room - cardinality(got) for update skip locked) d
          where w.due_at <= moment
          limit room - cardinality(got));
      end if;
      if cardinality(got) > 0 then
        select d.sender_agency_id into served from deliveries d where d.delivery_id = got[cardinality(got)];
      end if;
    end loop;
  end if;

  if cardinality(picked) = 0 then return; end if;
  if bundles then
    picked := picked || array(
      select d.delivery_id from deliveries d
      where d.package_id in (select p.package_id from deliveries p where p.delivery_id = any(picked))
        and d.system_id = p_lane and d.next_attempt_at <= moment and d.lease_token is null
        and d.delivery_id <> all (picked) and not (d.waits and delivery_is_blocked(d.delivery_id))
      for update skip locked);
  end if;

  if lane.rate_per_second is not null or lane.concurrency = 1 or served <> lane.last_sender then
    update lanes set
      tokens = case when lane.rate_per_second is null then tokens else lane.tokens - (
        case when bundles then (select count(distinct d.package_id) from deliveries d where d.delivery_id = any(picked))
        else cardinality(picked) end) end,
      tokens_at = case when lane.rate_per_second is null then tokens_at else moment end,
      turns = (lanes.turns + 1) % 1000,
      last_sender = coalesce(served, lanes.last_sender)
    where system_id = p_lane;
  end if;

  return query
  with due as (
    select d.delivery_id, d.taken_at is null as first_taking from deliveries d where d.delivery_id = any(picked)
  )
  update deliveries d set
    -- A notice leaves the delivery in the mailbox: only its announcement is in flight.
    state = case when d.state = 'waiting' then 'in_flight' else d.state end,
    state_since = case when d.state = 'waiting' then moment else d.state_since end,
    attempts = d.attempts + 1,
    lease_token = gen_random_uuid(),
    lease_until = moment + p_lease,
    taken_at = case when d.state = 'waiting' then coalesce(d.taken_at, moment) else d.taken_at end
  from due where d.delivery_id = due.delivery_id
  returning d.delivery_id, d.system_id, d.package_id, d.lease_token, d.attempts, d.organ_id, d.agency_code,
    due.first_taking, d.state = 'available', lane.rate_per_second;
end $$;

create function claim_work(p_lane text, p_max integer, p_lease interval, p_ageing interval)
returns setof claimed_work language plpgsql as $$
declare
  claimed claimed_delivery[];
begin
  -- The packages are read in a statement of their own (0010).
  claimed := array(select c from lease_deliveries(p_lane, p_max, p_lease, p_ageing) c);
  return query
  select c.delivery_id, c.system_id, c.package_id, c.lease_token, c.attempt, c.organ_id, c.agency_code,
    c.first_taking, c.announces_only, c.rate_per_second, p.type, p.kind, p.document_id, p.sha256, p.size, p.priority,
    p.from_code, p.code, p.subject, p.accepted_at
  from unnest(claimed) c join packages p using (package_id)
  order by p.priority desc, c.delivery_id;
end $$;

-- Whether a lane has work that is due now.
create function lane_has_due(p_lane text) returns boolean language sql volatile as $$
  select exists (
    select from generate_series(0, 4) u
    cross join lateral waiting_senders(p_lane, u::smallint, '00000000-0000-0000-0000-000000000000') w
    where w.due_at <= clock_timestamp() and exists (
      select from deliveries d
      where d.system_id = p_lane and d.priority = u and d.sender_agency_id = w.sender
        and d.next_attempt_at <= clock_timestamp() and d.lease_token is null
        and not (d.waits and delivery_is_blocked(d.delivery_id))))
$$;

-- A worker of a release before this one claims by the former name: it shares and keeps the order as all others do.
create or replace function claim_deliveries(p_lane text, p_max integer, p_lease interval)
returns setof claimed_delivery language sql as $$
  select * from lease_deliveries(p_lane, p_max, p_lease, interval '5 minutes')
$$;
