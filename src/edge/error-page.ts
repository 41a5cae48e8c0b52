// The catalogue as a page for people, docs/errors.md: Vietnamese first, one block a code. Written by `npm run generate`.
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { ErrorEntry } from '../generated/json/error-entry.ts'
import type { Catalogue, CatalogueGroup } from './catalogue.ts'

const introduction = `# Danh mục mã lỗi · Error catalogue

<!-- Made by \`npm run generate\` of schemas/errors; never edited. -->

Mỗi lần từ chối, mỗi chỗ sai (\`violations[].rule\`) và mỗi cảnh báo kèm theo mang một mã trong danh mục này. Chữ trong
ngoặc nhọn, ví dụ {documentId}, được thay bằng giá trị thật khi trả lời. Máy đọc danh mục ở \`GET /api/v1/errors\`.

Every refusal, violation (\`violations[].rule\`) and finding bears a code of this catalogue. Words in braces, e.g.
{documentId}, stand for the value of the case. Programs read it at \`GET /api/v1/errors\`. How refusals look and what
software does with them: [subscribers.md](subscribers.md#10-errors-and-what-to-do-with-them).

**Mức · Severity**: lỗi · error: không được tiếp nhận · turned away; cảnh báo · warning: vẫn được chuyển, nên sửa · goes
on, should be corrected; thông tin · info.
`

export function errorPage({ groups, entries }: Catalogue): string {
  const parts = groups.map((group) =>
    [`## ${headingOf(group)}\n`, ...group.codes.map((code) => block(entries.get(code)))].join('\n'),
  )
  return [introduction, contents(groups), ...parts].join('\n')
}

function contents(groups: readonly CatalogueGroup[]): string {
  const lines = groups.map((group) => {
    const codes = group.codes.map((code) => `[\`${code}\`](#${code.toLowerCase()})`)
    return `- **${headingOf(group)}**: ${codes.join(', ')}`
  })
  return `${lines.join('\n')}\n`
}

function headingOf({ name, title }: CatalogueGroup): string {
  return title === undefined ? name : both(title)
}

function block(entry: ErrorEntry | undefined): string {
  if (entry === undefined) return ''
  const facts = [
    `Ai xử lý · Who acts: ${whoActs[entry.whoActs]}`,
    `Mức · Severity: ${severities[entry.severity]}`,
    ...(entry.httpStatus === undefined ? [] : [`HTTP ${entry.httpStatus}`]),
    ...(entry.confidential === true
      ? ['Không lưu, không trả giá trị vi phạm · the value is neither kept nor answered']
      : []),
    `Căn cứ · Source: ${escaped(entry.source)}`,
  ]
  return [
    `### ${entry.code}\n`,
    `**${escaped(entry.title.vi)}** · ${escaped(entry.title.en)}\n`,
    '| | Tiếng Việt | English |',
    '|---|---|---|',
    row('Nội dung · Detail', entry.detail),
    row('Nguyên nhân · Cause', entry.cause),
    row('Việc cần làm · Next', entry.next),
    `\n${facts.join(' — ')}\n`,
  ].join('\n')
}

function row(name: string, text: BilingualText): string {
  return `| ${name} | ${escaped(text.vi)} | ${escaped(text.en)} |`
}

function both(text: BilingualText): string {
  return `${escaped(text.vi)} · ${escaped(text.en)}`
}

/** As Markdown shows it, inside a table too. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('|', '\\|').replaceAll('*', '\\*')
}

const severities: Readonly<Record<ErrorEntry['severity'], string>> = {
  error: 'lỗi · error',
  warning: 'cảnh báo · warning',
  info: 'thông tin · info',
}

const whoActs: Readonly<Record<ErrorEntry['whoActs'], string>> = {
  sender: 'bên gửi · the sender',
  receiver: 'bên nhận · the receiver',
  provincial_axis: 'đơn vị vận hành trục tỉnh · the operators of the provincial axis',
  national_axis: 'trục quốc gia · the national axis',
}
