// `tram track`: where a document is, for its sender and its recipients.
import { type Tracking, tracking } from '../platform/gateway-answers.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type Command, exitCodes } from './command.ts'
import { systemClient, systemOptions } from './connection.ts'
import { type Output, shortened } from './output.ts'
import { stateText, statusText, timeText } from './words.ts'

export const trackCommand: Command = {
  name: 'track',
  summary: { vi: 'văn bản đang ở đâu', en: 'where a document is' },
  usage: ['track <packageId>'],
  options: systemOptions,
  examples: ['track 019a9e1c-6f0a-7d52-8a5e-0c9b7b1a2d3e --system QLVB-SYT --secret …'],
  async run(args, context) {
    const path = `/api/v1/packages/${encodeURIComponent(args.word(0, 'the packageId'))}`
    const { read, original } = await systemClient(args, context).call('GET', path, withOriginal(tracking))
    show(read, context.output)
    context.output.json(original)
    return exitCodes.ok
  },
}

function show(found: Tracking, output: Output): void {
  const organIds = new Map(found.deliveries.map((d) => [d.deliveryId, d.organId]))
  output.line(`${found.code ?? found.documentId ?? found.packageId}: ${found.subject ?? ''}`)
  output.line(`Tình trạng · state: ${stateText(found.state)}`)
  output.line()
  output.table(
    ['NƠI NHẬN', 'HỆ THỐNG', 'KÊNH', 'CHUYỂN GIAO', 'XỬ LÝ', 'LẦN GỬI', 'GỬI LẠI LÚC', 'LÝ DO'],
    found.deliveries.map((d) => [
      d.organId,
      d.systemId,
      d.channel,
      stateText(d.state),
      statusText(d.businessStatus),
      d.attempts.length,
      timeText(d.nextAttemptAt),
      d.reason?.text ?? d.reason?.code,
    ]),
  )
  showAttempts(found, output)
  output.line()
  output.table(
    ['LÚC', 'SỰ VIỆC', 'NƠI NHẬN'],
    found.timeline.map((event) => [timeText(event.at), event.type, organIds.get(event.deliveryId ?? '')]),
  )
}

/** Attempts are shown where one failed: there the address, code and answer are what a person needs next. */
function showAttempts(found: Tracking, output: Output): void {
  const rows = found.deliveries
    .filter((d) => d.attempts.some((attempt) => attempt.outcome !== 'delivered'))
    .flatMap((d) =>
      d.attempts.map((a) => [
        d.organId,
        a.attempt,
        timeText(a.startedAt),
        a.outcome,
        a.httpStatus,
        shortened(a.detail, 60),
      ]),
    )
  if (rows.length === 0) return
  output.line()
  output.table(['NƠI NHẬN', 'LẦN', 'LÚC', 'KẾT QUẢ', 'HTTP', 'TRẢ LỜI'], rows)
}
