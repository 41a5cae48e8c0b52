// Sentences that must be true of the rows at any moment, each as the query of what breaks it. The tables themselves
// refuse some of it; what a check of the table refuses is asked all the same, because a restored or patched database
// has not always been refused anything.
import { type RawBuilder, sql } from 'kysely'

export interface IntegrityQuestion {
  readonly name: string
  readonly meaning: { readonly vi: string; readonly en: string }
  readonly next: { readonly vi: string; readonly en: string }
  /** Selects what breaks the rule, as the text column `id`. */
  readonly broken: RawBuilder<unknown>
}

const report = {
  vi: 'dữ liệu không nhất quán: ngừng thay đổi, giữ bản sao lưu, báo nhà cung cấp Trạm',
  en: 'the rows disagree: change nothing, keep a backup, report it to the makers of Trạm',
}
const sweeper = {
  vi: 'kiểm tra tiến trình sweeper có đang chạy không',
  en: 'see whether a sweeper runs',
}

/** A lease that ran out is taken back within seconds; this leaves a busy sweeper room. */
const leaseGrace = sql`interval '30 seconds'`
/** Housekeeping that follows a commit has had its turn by then. */
const settled = sql`interval '10 minutes'`

/** What a receipt says (platform/stored-receipt.ts), read where the rows are: sending them here would cost minutes. */
const receiptText = sql`translate(split_part(p.receipt, '.', 2), '-_', '+/')`
const promised = sql`
  convert_from(decode(rpad(${receiptText}, (ceil(length(${receiptText}) / 4.0) * 4)::integer, '='), 'base64'), 'UTF8')::jsonb
    -> 'deliveries'`

export const integrityQuestions: readonly IntegrityQuestion[] = [
  {
    name: 'delivery_missing',
    meaning: {
      vi: 'lượt chuyển ghi trong biên nhận nhưng không có trong cơ sở dữ liệu',
      en: 'deliveries that a receipt names and that are not there',
    },
    next: report,
    broken: sql`
      select r.item ->> 'deliveryId' as id
      from packages p
      cross join lateral jsonb_array_elements(${promised}) r(item)
      where p.type = 'edoc' and not exists (select from all_deliveries d where d.delivery_id = (r.item ->> 'deliveryId')::uuid)`,
  },
  {
    name: 'package_without_delivery',
    meaning: { vi: 'gói tin không có lượt chuyển nào', en: 'packages that nobody was to get' },
    next: report,
    broken: sql`
      select p.package_id::text as id from packages p
      where p.type = 'edoc' and not exists (select from all_deliveries d where d.package_id = p.package_id)
        and jsonb_array_length(${promised}) > 0`,
  },
  {
    name: 'delivery_without_package',
    meaning: { vi: 'lượt chuyển của gói tin không tồn tại', en: 'deliveries of a package that is not there' },
    next: report,
    broken: sql`
      select d.delivery_id::text as id from all_deliveries d
      where not exists (select from packages p where p.package_id = d.package_id)`,
  },
  {
    name: 'in_flight_without_lease',
    meaning: { vi: 'lượt chuyển đang gửi mà không ai giữ', en: 'deliveries in flight under no lease' },
    next: report,
    broken: sql`
      select delivery_id::text as id from deliveries
      where state = 'in_flight' and (lease_token is null or lease_until is null)`,
  },
  {
    name: 'waiting_without_due_time',
    meaning: { vi: 'lượt chuyển chờ gửi mà không có giờ hẹn', en: 'waiting deliveries that will never be due' },
    next: report,
    broken: sql`select delivery_id::text as id from deliveries where state = 'waiting' and next_attempt_at is null`,
  },
  {
    name: 'available_without_time',
    meaning: { vi: 'lượt chuyển trong hộp thư không rõ từ bao giờ', en: 'mailbox items without the moment they came' },
    next: report,
    broken: sql`select delivery_id::text as id from deliveries where state = 'available' and available_at is null`,
  },
  {
    name: 'lease_overdue',
    meaning: {
      vi: 'lượt chuyển hết hạn giữ chỗ đã hơn 30 giây',
      en: 'leases that ran out more than 30 s ago and were not taken back',
    },
    next: sweeper,
    broken: sql`
      select delivery_id::text as id from deliveries
      where lease_token is not null and lease_until < clock_timestamp() - ${leaseGrace}`,
  },
  {
    name: 'final_with_due_time',
    meaning: { vi: 'lượt chuyển đã kết thúc mà vẫn hẹn gửi', en: 'deliveries that ended and are still due or leased' },
    next: report,
    broken: sql`
      select delivery_id::text as id from deliveries
      where state in ('delivered', 'refused', 'exhausted', 'expired', 'recalled')
        and (next_attempt_at is not null or lease_token is not null)`,
  },
  {
    name: 'wrong_receiver',
    meaning: {
      vi: 'lượt chuyển chưa ai lấy, đang chờ ở hệ thống không còn nhận cho cơ quan đó',
      en: 'deliveries nobody took, with a system that no longer receives for the agency',
    },
    next: {
      vi: 'lưu lại hệ thống hoặc cơ quan để trục tìm lại đường',
      en: 'save the agency or system anew: that re-routes',
    },
    // An agency may be received for by another one, so only one whose own receiver is known can be judged here.
    broken: sql`
      select d.delivery_id::text as id
      from deliveries d join system_agencies own on own.agency_id = d.recipient_agency_id and own.receives
      join agencies a on a.agency_id = d.recipient_agency_id and a.receiver_id is null and a.closed_at is null
      where d.state in ('waiting', 'available') and d.taken_at is null and own.system_id <> d.system_id
        and d.state_since < now() - ${settled}
        and not exists (select from act_deliveries x where x.delivery_id = d.delivery_id and x.outcome <> 'moved')`,
  },
  {
    name: 'system_without_lane',
    meaning: {
      vi: 'hệ thống nhận văn bản mà không có làn',
      en: 'systems that receive and have no lane: nothing can leave for them',
    },
    next: { vi: 'lưu lại hệ thống', en: 'save the system anew' },
    broken: sql`
      select distinct a.system_id as id from system_agencies a
      where a.receives and not exists (select from lanes l where l.system_id = a.system_id)`,
  },
  {
    name: 'hold_not_released',
    meaning: {
      vi: 'lượt chuyển do người vận hành giữ mà gói tin không còn bị giữ',
      en: 'deliveries held by an operator of packages that are not on hold',
    },
    next: { vi: 'chạy lại lệnh bỏ giữ gói tin', en: 'release the package once more' },
    broken: sql`
      select d.delivery_id::text as id from deliveries d
      where d.state = 'held' and d.held_reason = 'by_operator' and d.state_since < now() - ${settled}
        and not exists (select from held_documents h where h.repeat_key = d.repeat_key)`,
  },
  {
    name: 'feedback_without_delivery',
    meaning: {
      vi: 'phản hồi trạng thái không chỉ tới gói tin hay lượt chuyển nào còn tồn tại',
      en: 'feedback that names no package, or a delivery that is not there',
    },
    next: report,
    broken: sql`
      select f.package_id::text as id from feedback f
      where (f.about_package_id is null and f.effect <> 'unknown_document')
        or (f.about_delivery_id is not null
          and not exists (select from all_deliveries d where d.delivery_id = f.about_delivery_id))`,
  },
  {
    name: 'request_without_delivery',
    meaning: {
      vi: 'yêu cầu thu hồi, cập nhật của lượt chuyển không tồn tại',
      en: 'requests to give back or update a delivery that is not there',
    },
    next: report,
    broken: sql`
      select r.request_id::text as id from operation_requests r
      where not exists (select from all_deliveries d where d.delivery_id = r.target_delivery_id)`,
  },
  {
    name: 'content_not_removed',
    meaning: {
      vi: 'gói tin còn lượt chuyển chưa kết thúc nhưng nội dung đã bị xóa',
      en: 'packages still under way whose content was removed',
    },
    next: report,
    broken: sql`
      select distinct p.package_id::text as id
      from packages p join deliveries d using (package_id)
      where p.content_removed_at is not null
        and d.state not in ('delivered', 'refused', 'exhausted', 'expired', 'recalled')`,
  },
  {
    name: 'index_invalid',
    meaning: { vi: 'chỉ mục hỏng', en: 'indexes that the database does not trust' },
    next: { vi: 'chạy REINDEX cho chỉ mục đó', en: 'REINDEX it' },
    broken: sql`
      select c.relname::text as id from pg_index i join pg_class c on c.oid = i.indexrelid
      join pg_namespace n on n.oid = c.relnamespace and n.nspname = current_schema()
      where not i.indisvalid and c.relkind = 'i'`,
  },
]
