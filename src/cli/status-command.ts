// `tram status`: reports to the sender how a document is being handled, as a QLVB-ĐH system does by itself.
import { needsReason, statusCodes } from '../domain/feedback.ts'
import { statusReceipt } from '../platform/gateway-answers.ts'
import { withOriginal } from '../platform/json-decode.ts'
import { type Command, exitCodes, UsageError } from './command.ts'
import { systemClient, systemOptions } from './connection.ts'
import { statusText } from './words.ts'

export const statusCommand: Command = {
  name: 'status',
  summary: { vi: 'phản hồi trạng thái xử lý', en: 'send status feedback' },
  usage: [
    'status --delivery ID --from CODE --code 03',
    'status --document-id ID --from CODE --code 02 --description TEXT',
  ],
  options: {
    delivery: { type: 'string', value: 'ID', help: 'the delivery the status is about' },
    'document-id': { type: 'string', value: 'ID', help: 'or the document, by its mã định danh' },
    to: { type: 'string', value: 'CODE', help: 'with --document-id: who shall read it; default the sender' },
    from: { type: 'string', value: 'CODE', help: 'the agency that reports' },
    code: { type: 'string', value: statusCodes.join('|'), help: 'the status' },
    description: { type: 'string', value: 'TEXT', help: 'needed for 02, 13 and 16: why' },
    department: { type: 'string', value: 'TEXT', help: 'phòng ban of the person who acted' },
    name: { type: 'string', value: 'TEXT', help: 'their name' },
    mobile: { type: 'string', value: 'TEXT', help: 'their telephone' },
    email: { type: 'string', value: 'TEXT', help: 'their address' },
    at: { type: 'string', value: 'TIME', help: 'when they acted, ISO 8601; default now' },
    ...systemOptions,
  },
  examples: [
    'status --delivery 019a… --from H35.15 --code 03 --name "Trần Thị B" --department "Văn thư"',
    'status --delivery 019a… --from H35.15 --code 02 --description "Gửi nhầm cơ quan"',
  ],
  async run(args, context) {
    const code = args.oneOf('code', statusCodes)
    if (code === undefined) throw new UsageError('--code is needed')
    const deliveryId = args.text('delivery')
    const documentId = args.text('document-id')
    if ((deliveryId === undefined) === (documentId === undefined)) {
      throw new UsageError('which document? Give either --delivery or --document-id')
    }
    const description = args.text('description')
    if (needsReason(code) && description === undefined) throw new UsageError(`status ${code} needs --description: why`)
    const staff = {
      department: args.text('department'),
      name: args.text('name'),
      mobile: args.text('mobile'),
      email: args.text('email'),
    }
    const said = Object.values(staff).some((value) => value !== undefined)
    const client = systemClient(args, context)
    const { read, original } = await client.call('POST', '/api/v1/status', withOriginal(statusReceipt), {
      json: {
        deliveryId,
        documentId,
        organId: args.text('to'),
        from: args.required('from'),
        code,
        description,
        staff: said ? staff : undefined,
        at: args.text('at'),
      },
    })
    context.output.line(`Đã báo · reported: ${statusText(code)} (${read.statusId})`)
    context.output.json(original)
    return exitCodes.ok
  },
}
