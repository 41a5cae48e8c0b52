// `tram stats`: how many packages and deliveries there are, counted in the database.
import { stats } from '../platform/gateway-answers.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type Command, exitCodes } from './command.ts'
import { operatorClient, operatorOptions } from './connection.ts'
import { ageText, stateText } from './words.ts'

export const statsCommand: Command = {
  name: 'stats',
  summary: { vi: 'số liệu hiện tại', en: 'counts as of now' },
  usage: ['stats'],
  options: operatorOptions,
  examples: ['stats', 'stats --json'],
  async run(args, context) {
    const { output } = context
    const client = operatorClient(args, context)
    const { read: found, original } = await client.call('GET', '/api/v1/admin/stats', withOriginal(stats))
    output.table(
      ['TÌNH TRẠNG', 'SỐ LƯỢNG'],
      [
        ['văn bản · packages', found.packages],
        ...Object.entries(found.deliveries.byState).map(([state, count]) => [stateText(state), count]),
        ['phản hồi trạng thái · statuses', found.statuses ?? 0],
        ['từ chối 24 giờ qua · refusals', found.refusals24h ?? 0],
      ],
    )
    output.line(`Chờ lâu nhất · oldest waiting: ${ageText(found.oldestWaitingSeconds) ?? 'không có · none'}`)
    output.json(original)
    return exitCodes.ok
  },
}
