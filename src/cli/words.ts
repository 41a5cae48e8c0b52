// Words that tables show to people: Vietnamese first, the name used in the API behind it.

const stateWords: Readonly<Record<string, string>> = {
  held: 'giữ lại',
  waiting: 'chờ gửi',
  in_flight: 'đang gửi',
  available: 'chờ nhận',
  delivered: 'đã nhận',
  refused: 'bị từ chối',
  exhausted: 'hết lượt gửi',
  expired: 'quá hạn',
  recalled: 'đã thu hồi',
  accepted: 'đã tiếp nhận',
  in_progress: 'đang chuyển',
  completed: 'hoàn tất',
  completed_with_failures: 'hoàn tất, có lỗi',
}

const outcomeWords: Readonly<Record<string, string>> = {
  queued: 'đã xếp hàng',
  duplicate_of: 'trùng cơ quan ở trên',
  redirected: 'chuyển sang cơ quan kế thừa',
  via_axis: 'qua trục quốc gia',
  held: 'giữ lại',
}

const reasonWords: Readonly<Record<string, string>> = {
  unknown_agency: 'không có mã này trong danh bạ',
  not_connected: 'cơ quan chưa liên thông',
  no_system: 'chưa có hệ thống nhận',
  closed: 'cơ quan đã đóng',
  quarantined: 'bị cách ly',
  by_operator: 'do người vận hành',
}

const skippedWords: Readonly<Record<string, string>> = {
  delivered: 'đã nhận',
  recalled: 'đã thu hồi',
  asked_back: 'bên gửi yêu cầu lấy lại',
  in_flight: 'đang gửi',
  held: 'đang giữ lại',
  held_by_operator: 'văn bản đang bị tạm giữ',
  in_mailbox: 'đang ở hộp thư',
  content_removed: 'nội dung đã hết thời hạn lưu',
  moved_out: 'đã chuyển sang kho cũ',
}

/** Business status codes as QLVB-ĐH systems report them (status 01–16). */
const statusWords: Readonly<Record<string, string>> = {
  '01': 'đã đến',
  '02': 'từ chối tiếp nhận',
  '03': 'đã tiếp nhận',
  '04': 'phân công xử lý',
  '05': 'đang xử lý',
  '06': 'hoàn thành',
  '13': 'yêu cầu lấy lại',
  '15': 'đồng ý cập nhật/lấy lại',
  '16': 'từ chối cập nhật/lấy lại',
}

export const stateText = (state: string) => withCode(stateWords, state)
export const outcomeText = (outcome: string) => withCode(outcomeWords, outcome)
export const reasonText = (reason: string | undefined) =>
  reason === undefined ? undefined : withCode(reasonWords, reason)

export const skippedText = (reason: string) => withCode(skippedWords, reason)

export function statusText(code: string | undefined): string | undefined {
  if (code === undefined) return undefined
  const word = statusWords[code]
  return word === undefined ? code : `${code} ${word}`
}

function withCode(words: Readonly<Record<string, string>>, code: string): string {
  const word = words[code]
  return word === undefined ? code : `${word} (${code})`
}

/** `45s`, `12m`, `3h05`, `2d04h`: an age that can be read at a glance. */
export function ageText(seconds: number | undefined): string | undefined {
  if (seconds === undefined) return undefined
  const s = Math.round(seconds)
  if (s < 60) return `${s}s`
  if (s < 3600) return `${Math.floor(s / 60)}m`
  if (s < 86_400) return `${Math.floor(s / 3600)}h${two(Math.floor((s % 3600) / 60))}`
  return `${Math.floor(s / 86_400)}d${two(Math.floor((s % 86_400) / 3600))}h`
}

/** `1.5 MB`: a size that can be read at a glance. */
export function byteText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  let [value, unit] = [bytes, 0]
  for (; value >= 1000 && unit < units.length - 1; unit += 1) value /= 1000
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** `2026-11-20 08:00:00` of an instant written in Vietnam time; the zone is the same everywhere, so it is left out. */
export function timeText(iso: string | undefined): string | undefined {
  return iso?.replace('T', ' ').replace(/\.\d+/, '').replace('+07:00', '')
}

const two = (n: number) => String(n).padStart(2, '0')
