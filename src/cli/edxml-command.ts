// `tram edxml`: looks into packages, checks, makes and converts them. Needs no gateway: it is for whoever builds or
// debugs packages at their own desk.
import { GatewayError } from '../domain/errors.ts'
import { type Arguments, type Command, type CommandContext, type ExitCode, exitCodes, UsageError } from './command.ts'
import { convert } from './edxml-convert.ts'
import { languageOf, refusalLines, refusalView } from './edxml-explain.ts'
import { inspect } from './edxml-inspect.ts'
import { make } from './edxml-make.ts'
import { validate } from './edxml-validate.ts'

export const edxmlCommand: Command = {
  name: 'edxml',
  summary: {
    vi: 'xem, kiểm tra, tạo gói tin edXML',
    en: 'inspect, validate, make and convert packages, without a gateway',
  },
  usage: [
    'edxml inspect <file> [--extract FOLDER]',
    'edxml validate <file or folder…> [--strict]',
    'edxml make --from CODE --to CODE [--to CODE] --code N/NOTATION --subject TEXT --attach FILE [--out FILE]',
    'edxml make --kind recall|update|replace --target ID … · make --status 03 --from CODE --to CODE --document-id ID',
    'edxml make --input FILE.json [--files FOLDER]',
    'edxml convert <file.edxml> [--with-content | --files FOLDER] [--out FILE.json]',
    'edxml convert <file.json> [--files FOLDER] [--out FILE.edxml] · convert --normal <file.edxml>',
  ],
  options: {
    extract: { type: 'string', value: 'FOLDER', help: 'inspect: write the attachments there, out of their wrappers' },
    strict: { type: 'boolean', help: 'validate: findings fail, too' },
    normal: { type: 'boolean', help: 'convert: write the package again in the normal form of the axis' },
    'with-content': { type: 'boolean', help: 'convert: put the files into the JSON as base64' },
    files: {
      type: 'string',
      value: 'FOLDER',
      help: 'convert, make: where the files of the JSON lie; default beside it',
    },
    out: { type: 'string', value: 'FILE', help: 'convert, make: a file that is not there yet; default stdout' },
    input: { type: 'string', value: 'FILE', help: 'make: from JSON as convert writes it' },
    from: { type: 'string', value: 'CODE[=NAME]', help: 'make: the issuing or reporting agency' },
    to: { type: 'string', value: 'CODE[=NAME]', multiple: true, help: 'make: a receiving agency' },
    code: { type: 'string', value: 'N/NOTATION', help: 'make: số, ký hiệu; of a status: those of the document' },
    date: { type: 'string', value: 'YYYY-MM-DD', help: 'make: ngày ban hành; default today' },
    subject: { type: 'string', value: 'TEXT', help: 'make: trích yếu' },
    content: { type: 'string', value: 'TEXT', help: 'make: nội dung tóm tắt' },
    attach: { type: 'string', value: 'FILE', multiple: true, help: 'make: a file of the document' },
    'document-id': {
      type: 'string',
      value: 'ID',
      help: 'make: mã định danh văn bản; default of code, date and number',
    },
    place: { type: 'string', value: 'TEXT', help: 'make: địa danh' },
    'type-name': { type: 'string', value: 'TEXT', help: 'make: tên loại văn bản; default Công văn' },
    signer: { type: 'string', value: 'NAME', help: 'make: người ký' },
    position: { type: 'string', value: 'TEXT', help: 'make: chức vụ người ký' },
    due: { type: 'string', value: 'YYYY-MM-DD', help: 'make: hạn xử lý' },
    priority: { type: 'string', value: '0-4', help: 'make: độ khẩn; default 0' },
    'to-place': { type: 'string', value: 'TEXT', multiple: true, help: 'make: a line of "Nơi nhận" as printed' },
    kind: { type: 'string', value: 'KIND', help: 'make: new (default), recall, update or replace' },
    target: { type: 'string', value: 'ID', multiple: true, help: 'make: the document recalled, updated or replaced' },
    'target-code': { type: 'string', value: 'N/NOTATION', help: 'make: its số, ký hiệu, for a recall' },
    'target-date': { type: 'string', value: 'YYYY-MM-DD', help: 'make: its day, for a recall' },
    add: { type: 'string', value: 'CODE', multiple: true, help: 'make: update that adds a recipient' },
    remove: { type: 'string', value: 'CODE', multiple: true, help: 'make: update that removes a recipient' },
    reason: { type: 'string', value: 'TEXT', help: 'make: lý do' },
    status: { type: 'string', value: 'CODE', help: 'make: a status package instead of a document' },
    description: { type: 'string', value: 'TEXT', help: 'make: of a status; needed for 02, 13 and 16' },
    staff: { type: 'string', value: 'NAME', help: 'make: who acted' },
    department: { type: 'string', value: 'TEXT', help: 'make: their phòng ban' },
    mobile: { type: 'string', value: 'TEXT', help: 'make: their telephone' },
    email: { type: 'string', value: 'TEXT', help: 'make: their address' },
    at: { type: 'string', value: 'TIME', help: 'make: when a status happened, ISO 8601; default now' },
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    lang: { type: 'string', value: 'vi|en', help: 'language of the explanations; default vi' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: [
    'edxml inspect van-ban.edxml --extract tep-dinh-kem',
    'edxml validate hop-thu-di/ --lang en',
    'edxml make --from "H35.12=Sở Nội vụ" --to H35.14 --code 743/SNV-VP --subject "V/v họp" --attach a.pdf --out a.edxml',
    'edxml make --kind recall --target "H35.12,2026/11/20,743/SNV-VP" --from H35.12 --to H35.14 --code 744/SNV-VP --subject "Thu hồi"',
    'edxml make --status 03 --from H35.14 --to H35.12 --document-id "H35.12,2026/11/20,743/SNV-VP"',
    'edxml convert van-ban.edxml --files tep --out van-ban.json',
    'edxml convert --normal cu.edxml --out chuan.edxml',
  ],
  async run(args, context) {
    const action = args.word(0, 'what to do (inspect, validate, make or convert)')
    const act = actions.get(action)
    if (act === undefined) throw new UsageError(`edxml can ${[...actions.keys()].join(', ')}, not "${action}"`)
    try {
      return await act(args, context)
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      return explainRefusal(error, args, context)
    }
  },
}

type Action = (args: Arguments, context: CommandContext) => Promise<ExitCode>

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  ['inspect', inspect],
  ['validate', validate],
  ['make', make],
  ['convert', convert],
])

/** In the words in which the gateway would refuse it. */
function explainRefusal(error: GatewayError, args: Arguments, { output }: CommandContext): ExitCode {
  const language = languageOf(args)
  output.json({ error: refusalView(error, language) })
  if (output.isJson) return exitCodes.refused
  output.note('KHÔNG ĐẠT · FAILED')
  for (const line of refusalLines(error, language)) output.note(line)
  return exitCodes.refused
}
