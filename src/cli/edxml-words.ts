// Words of packages as they are shown to people: Vietnamese first, the name used in the API behind it.
import type { Priority } from '../domain/document-package.ts'

const kindWords: Readonly<Record<string, string>> = {
  new: 'văn bản mới',
  recall: 'thu hồi',
  update: 'cập nhật',
  replace: 'thay thế',
  status: 'phản hồi trạng thái',
}

const priorityWords: Readonly<Record<Priority, string>> = {
  0: 'thường · normal',
  1: 'khẩn · urgent',
  2: 'thượng khẩn · very urgent',
  3: 'hỏa tốc · express',
  4: 'hỏa tốc hẹn giờ · express by the hour',
}

export const kindText = (kind: string) => `${kindWords[kind] ?? kind} (${kind})`
export const priorityText = (priority: Priority) => `${priority} ${priorityWords[priority]}`
export const receiverText = (type: string) =>
  type === '0' ? 'bỏ khỏi nơi nhận · removed' : type === '1' ? 'thêm nơi nhận · added' : type
