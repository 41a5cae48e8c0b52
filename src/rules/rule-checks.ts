// Every rule with the function that looks for what breaks it. A new rule is a line here, its parameters in
// schemas/json/rule-parameters.json, its defaults in schemas/rules, and its texts in schemas/errors/rules.json.
import { recipientClosed } from './closed-recipients.ts'
import {
  attachmentArchive,
  attachmentExecutable,
  attachmentFormat,
  attachmentMacros,
  attachmentNameMismatch,
  attachmentSize,
  mainFileNotPdf,
  packageSize,
} from './files.ts'
import { dueBeforePromulgation, fieldTooLong, promulgationDateFuture, requiredField } from './header-fields.ts'
import { documentIdForeign, documentIdPattern, numberRepeated } from './identity.ts'
import { documentKindMismatch, documentKindUnknown } from './kinds.ts'
import { excludedLetter } from './letters.ts'
import { paperForElectronicOnly, paperNotListed } from './paper.ts'
import type { MakeCheck, RuleId } from './rule.ts'
import { priorityOutOfRange, secretNotAllowed, secretSuspected } from './secrecy.ts'
import { legacyCharset, replacementCharacter, textNotComposed } from './text-quality.ts'

export const ruleChecks: Readonly<Record<RuleId, MakeCheck>> = {
  secret_not_allowed: secretNotAllowed,
  secret_suspected: secretSuspected,
  priority_out_of_range: priorityOutOfRange,
  excluded_letter: excludedLetter,
  document_kind_unknown: documentKindUnknown,
  document_kind_mismatch: documentKindMismatch,
  attachment_executable: attachmentExecutable,
  attachment_archive: attachmentArchive,
  attachment_format: attachmentFormat,
  attachment_name_mismatch: attachmentNameMismatch,
  attachment_macros: attachmentMacros,
  main_file_not_pdf: mainFileNotPdf,
  attachment_size: attachmentSize,
  package_size: packageSize,
  required_field: requiredField,
  field_too_long: fieldTooLong,
  replacement_character: replacementCharacter,
  legacy_charset: legacyCharset,
  text_not_composed: textNotComposed,
  promulgation_date_future: promulgationDateFuture,
  due_before_promulgation: dueBeforePromulgation,
  paper_not_listed: paperNotListed,
  paper_for_electronic_only: paperForElectronicOnly,
  number_repeated: numberRepeated,
  document_id_pattern: documentIdPattern,
  document_id_foreign: documentIdForeign,
  recipient_closed: recipientClosed,
}
