// The deadlines of a document as one would explain them on the phone: until when, by which rule, and what each day in
// between was.
import type { DayFacts, WorkingCalendar } from '../domain/calendar.ts'
import type { Bilingual, DayKind } from '../domain/calendar-day.ts'
import type { ProvinceCalendar } from '../domain/calendar-in-force.ts'
import { dayNumber, dayText, type Weekday } from '../domain/civil-day.ts'
import {
  type DispatchRule,
  type DocumentTimes,
  deadlinesOf,
  type ReceiptRule,
  type UrgentDeadline,
} from '../domain/deadline.ts'
import { vietnamTime } from '../domain/vietnam-time.ts'
import type { CalendarCheck } from '../generated/json/calendar-check.ts'

export interface CheckRequest extends DocumentTimes {
  readonly province?: string
}

export function checkDeadlines(request: CheckRequest, { calendar, policy }: ProvinceCalendar): CalendarCheck {
  const { signedOn, acceptedAt, priority, province } = request
  const deadlines = deadlinesOf(request, policy, calendar)
  const { dispatchDueAt, isLate, rule, receiptRule, urgent } = deadlines
  const { calendarVersion, provisional, unconfirmedYears } = deadlines
  return {
    ...{ signedOn, at: vietnamTime(acceptedAt), priority },
    ...(province === undefined ? {} : { province }),
    ...{ calendarVersion, provisional, unconfirmedYears: [...unconfirmedYears] },
    summary: summaryOf(signedOn, { dispatchDueAt, isLate, provisional }),
    dispatch: { dueAt: vietnamTime(dispatchDueAt), rule, isLate, text: dispatchTexts[rule] },
    receipt: { dueAt: vietnamTime(deadlines.receiptDueAt), rule: receiptRule, text: receiptTexts[receiptRule] },
    presentation: { dueAt: vietnamTime(deadlines.presentationDueAt), text: presentationText },
    ...(urgent === undefined ? {} : { urgent: urgentView(urgent) }),
    days: explainDays(signedOn, calendar),
  }
}

/** Every day from signing to the one the dispatch is due on. */
function explainDays(signedOn: string, calendar: WorkingCalendar): CalendarCheck['days'] {
  const first = dayNumber(signedOn)
  const count = dayNumber(calendar.nextWorkingDay(signedOn)) - first + 1
  return Array.from({ length: count }, (_, index) => {
    const facts = calendar.factsOf(dayText(first + index))
    const { day, weekday, isWorking } = facts
    return { day, weekday: weekdayTexts[weekday], isWorking, why: whyOf(facts) }
  })
}

function whyOf({ entry, isWorking }: DayFacts): Bilingual {
  if (entry === undefined) return isWorking ? ordinaryDay : weeklyRest
  if (entry.status === 'proposed') {
    const { vi, en } = isWorking ? ordinaryDay : weeklyRest
    return {
      vi: `${vi} (${entry.label.vi} mới là đề xuất, chưa tính)`,
      en: `${en} (${entry.label.en} is only proposed and does not count)`,
    }
  }
  const kind = kindTexts[entry.kind]
  const doubt = entry.status === 'confirmed' ? { vi: '', en: '' } : unverified
  return {
    vi: `${kind.vi}: ${entry.label.vi}${doubt.vi}`,
    en: `${kind.en}: ${entry.label.en}${doubt.en}`,
  }
}

interface Verdict {
  readonly dispatchDueAt: Date
  readonly isLate: boolean
  readonly provisional: boolean
}

function summaryOf(signedOn: string, { dispatchDueAt, isLate, provisional }: Verdict): Bilingual {
  const due = spoken(vietnamTime(dispatchDueAt))
  const doubt = provisional ? provisionalText : { vi: '', en: '' }
  return {
    vi: `Văn bản ký ngày ${spoken(signedOn)} phải gửi chậm nhất ${due}; ${isLate ? 'đã gửi trễ' : 'còn trong hạn'}.${doubt.vi}`,
    en: `A document signed on ${spoken(signedOn)} is to be dispatched by ${due}; it is ${isLate ? 'late' : 'in time'}.${doubt.en}`,
  }
}

/** `12:00 23/02/2026`, or the day alone. */
function spoken(iso: string): string {
  const [year, month, day] = iso.slice(0, 10).split('-')
  const date = `${day}/${month}/${year}`
  return iso.length === 10 ? date : `${iso.slice(11, 16)} ${date}`
}

function urgentView({ dueAt, from, isLate }: UrgentDeadline): NonNullable<CalendarCheck['urgent']> {
  return { dueAt: vietnamTime(dueAt), from, isLate, text: urgentTexts[from] }
}

const dispatchTexts: Readonly<Record<DispatchRule, Bilingual>> = {
  noon_next_working_day: {
    vi: 'Gửi trong ngày ký, chậm nhất 12 giờ 00 ngày làm việc tiếp theo (Quyết định 28/2018/QĐ-TTg, Điều 6 khoản 2).',
    en: 'On the day of signing, at the latest by 12:00 of the next working day (QĐ 28/2018/QĐ-TTg, article 6.2).',
  },
  end_of_next_working_day: {
    vi: 'Gửi trong ngày ký, chậm nhất hết ngày làm việc tiếp theo (Nghị định 30/2020/NĐ-CP, Điều 18 khoản 1).',
    en: 'On the day of signing, at the latest by the end of the next working day (NĐ 30/2020/NĐ-CP, article 18.1).',
  },
}

const receiptTexts: Readonly<Record<ReceiptRule, Bilingual>> = {
  same_day: {
    vi: 'Báo đã nhận trong ngày văn bản đến (Nghị định 30/2020/NĐ-CP, Điều 21 khoản 2 điểm c).',
    en: 'Receipt is reported on the day of arrival (NĐ 30/2020/NĐ-CP, article 21.2.c).',
  },
  next_working_day: {
    vi: 'Văn bản đến ngoài giờ làm việc: báo đã nhận trong ngày làm việc tiếp theo (Nghị định 30/2020/NĐ-CP, Điều 21 khoản 2 điểm c).',
    en: 'It came outside working hours: receipt is reported on the next working day (NĐ 30/2020/NĐ-CP, article 21.2.c).',
  },
}

const presentationText: Bilingual = {
  vi: 'Trình trong ngày, chậm nhất ngày làm việc tiếp theo; văn bản khẩn trình ngay (Nghị định 30/2020/NĐ-CP, Điều 23 khoản 1).',
  en: 'Presented the same day, at the latest the next working day; urgent documents at once (NĐ 30/2020/NĐ-CP, article 23.1).',
}

const urgentTexts: Readonly<Record<UrgentDeadline['from'], Bilingual>> = {
  signature: {
    vi: 'Văn bản khẩn phải gửi ngay sau khi ký: tính từ giờ ký, theo số phút tỉnh quy định.',
    en: 'Urgent documents go out at once after signing: counted from the moment of signing, in minutes set by the province.',
  },
  first_sight: {
    vi: 'Văn bản khẩn không rõ giờ ký: tính từ lúc trục tiếp nhận, theo số phút tỉnh quy định.',
    en: 'The hour of signing is not known: counted from the moment the axis saw the document, in minutes set by the province.',
  },
}

const kindTexts: Readonly<Record<DayKind, Bilingual>> = {
  holiday: { vi: 'Nghỉ lễ', en: 'Holiday' },
  'makeup-rest': { vi: 'Nghỉ bù', en: 'Day off in lieu' },
  'working-swap': { vi: 'Làm bù', en: 'Worked in exchange' },
}

const ordinaryDay: Bilingual = { vi: 'Ngày làm việc', en: 'Working day' }
const weeklyRest: Bilingual = { vi: 'Nghỉ hằng tuần', en: 'Weekly day of rest' }
const unverified: Bilingual = { vi: ' (chưa đối chiếu thông báo)', en: ' (not yet held against the notice)' }
const provisionalText: Bilingual = {
  vi: ' Lịch năm liên quan chưa được xác nhận nên hạn này là tạm tính.',
  en: ' The calendar of a year in question is not confirmed, so this is provisional.',
}

const weekdayTexts: Readonly<Record<Weekday, Bilingual>> = {
  1: { vi: 'Thứ Hai', en: 'Monday' },
  2: { vi: 'Thứ Ba', en: 'Tuesday' },
  3: { vi: 'Thứ Tư', en: 'Wednesday' },
  4: { vi: 'Thứ Năm', en: 'Thursday' },
  5: { vi: 'Thứ Sáu', en: 'Friday' },
  6: { vi: 'Thứ Bảy', en: 'Saturday' },
  7: { vi: 'Chủ nhật', en: 'Sunday' },
}
