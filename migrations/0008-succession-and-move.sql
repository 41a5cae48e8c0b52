-- Dated, reversible acts on agencies: a succession closes an agency in favour of others, a move takes it to another
-- system. What an act did with each open delivery is kept beside it, so that it can be undone, and so that a document
-- which somebody may have already stays where it is.

-- Whether documents to a closed agency go on to its only successor, or are held until a person decides.
alter table agencies add column redirects boolean not null default true;

create table agency_acts (
  act_id uuid primary key,
  agency_id uuid not null references agencies,
  kind text not null check (kind in ('succession', 'move')),
  state text not null check (state in ('pending', 'done', 'cancelled', 'undone', 'failed')),
  successor_ids uuid[] not null default '{}',
  redirects boolean not null default true,
  -- The system that received for the agency by itself when the move was carried out; none when nobody did.
  from_system_id text references systems,
  to_system_id text references systems,
  -- The system it moved to might send for it before; an undo gives back that much and no more.
  to_system_sent boolean,
  effective_at timestamptz not null,
  ordered_by text not null,
  ordered_at timestamptz not null,
  carried_out_at timestamptz,
  ended_by text,
  ended_at timestamptz,
  -- Code of the catalogue: why it could not be carried out when its time came.
  failure_code text,
  -- How many deliveries went another way, were held, and stayed where they were.
  moved integer,
  held integer,
  stayed integer,
  check ((kind = 'move') = (to_system_id is not null)),
  check ((state in ('done', 'undone')) = (carried_out_at is not null)),
  check ((state in ('cancelled', 'undone', 'failed')) = (ended_at is not null)),
  check ((state = 'failed') = (failure_code is not null))
);
-- One at a time: two open acts of one agency would each be judged without the other.
create unique index agency_acts_one_pending on agency_acts (agency_id) where state = 'pending';
create index agency_acts_due on agency_acts (effective_at) where state = 'pending';
create index agency_acts_agency on agency_acts (agency_id, act_id);

create table act_deliveries (
  act_id uuid not null references agency_acts,
  delivery_id uuid not null references deliveries,
  -- Whom it was for before the act.
  agency_id uuid not null references agencies,
  -- moved: it went another way. stays: somebody has it, or may have it. recall: it asks for a document back, and goes
  -- to the system that has the document.
  outcome text not null check (outcome in ('moved', 'stays', 'recall')),
  primary key (act_id, delivery_id)
);
-- Asked for each open delivery whose way may be found anew.
create index act_deliveries_stays on act_deliveries (delivery_id) where outcome <> 'moved';

-- Few rows: what an operator is told before an agency is closed or moved.
create index deliveries_open_recalls on deliveries (recipient_agency_id)
  where recall_requested and not recall_agreed and recipient_agency_id is not null;
