// `tram queues`: the lane of every system, the one that waits longest first.
import { queues } from '../platform/gateway-answers.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type Command, exitCodes } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { shortened } from './output.ts'
import { ageText, timeText } from './words.ts'

const breakerWords: Readonly<Record<string, string>> = { closed: 'thông', open: 'NGẮT', half_open: 'đang thử lại' }

export const queuesCommand: Command = {
  name: 'queues',
  summary: { vi: 'hàng đợi của từng hệ thống', en: 'the lane of each system' },
  usage: ['queues'],
  options: operatorOptions,
  examples: ['queues', 'queues --json'],
  async run(args, context) {
    const client = operatorClient(args, context)
    const { read: found, original } = await client.call('GET', '/api/v1/admin/queues', withOriginal(queues))
    const lanes = [...found.queues].sort((a, b) => (b.oldestAgeSeconds ?? -1) - (a.oldestAgeSeconds ?? -1))
    context.output.table(
      [
        'HỆ THỐNG',
        'KÊNH',
        'ĐANG CHỜ',
        'LÂU NHẤT',
        'ĐANG GỬI',
        'MỖI PHÚT',
        'CẦU DAO',
        'TẠM DỪNG',
        'LẦN TỐT CUỐI',
        'LỖI CUỐI',
      ],
      lanes.map((lane) => [
        lane.systemId,
        lane.channel,
        lane.depth,
        ageText(lane.oldestAgeSeconds),
        lane.inFlight,
        lane.ratePerMinute === undefined ? undefined : Math.round(lane.ratePerMinute),
        lane.breaker === undefined ? undefined : (breakerWords[lane.breaker] ?? lane.breaker),
        lane.pausedReason,
        timeText(lane.lastSuccessAt),
        shortened(lane.lastFault, 50),
      ]),
    )
    context.output.json(original)
    return exitCodes.ok
  },
}
