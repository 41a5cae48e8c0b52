// Paper companions (R10–R13, R80): which documents paper may still follow, by dated lists.
import { codeKey } from '../domain/agency.ts'
import type { DocumentPackage } from '../domain/document-package.ts'
import type { RulePaperEntry } from '../generated/json/rule-paper-entry.ts'
import { businessPath } from './document-texts.ts'
import { kindKey } from './kind-table.ts'
import { foldText, holdsAny } from './phrases.ts'
import type { Check, MakeCheck, Question } from './rule.ts'

export const paperNotListed: MakeCheck = ({ paper_not_listed: { entries } }) => {
  const allowing = entries.map(paperEntry)
  return withPaper((question) => (allowing.some(({ covers }) => covers(question)) ? [] : [{ path: paperPath }]))
}

export const paperForElectronicOnly: MakeCheck = ({ paper_for_electronic_only: { entries } }) => {
  const forbidding = entries.map(paperEntry)
  return withPaper((question) => {
    const entry = forbidding.find(({ covers }) => covers(question))
    return entry === undefined ? [] : [{ path: paperPath, params: { source: entry.source } }]
  })
}

const paperPath = `${businessPath}/Paper`

function withPaper(check: Check): Check {
  return (question) => (/^(1|true)$/i.test(question.document.business?.paper ?? '') ? check(question) : [])
}

interface PaperEntry {
  readonly source: string
  readonly covers: (question: Question) => boolean
}

/** All that an entry names must hold. */
function paperEntry(entry: RulePaperEntry): PaperEntry {
  const { validFrom = '', validTo = '9999-12-31' } = entry
  const kinds = entry.kinds?.map(kindKey)
  const words = entry.words?.map(foldText)
  const exceptWords = entry.exceptWords?.map(foldText) ?? []
  const recipients = entry.recipients?.map(codeKey)
  return {
    source: entry.source,
    covers({ document, day }) {
      // A document follows the list of the day it was issued; a date in the future is no date to go by.
      const issued =
        document.promulgationDate !== undefined && document.promulgationDate < day ? document.promulgationDate : day
      if (issued < validFrom || issued > validTo) return false
      if (kinds !== undefined && !kinds.includes(kindKey(document.documentType?.typeName ?? ''))) return false
      if (recipients !== undefined && !document.to.some((to) => recipients.includes(codeKey(to.organId)))) return false
      const text = subjectAndContent(document)
      return (words === undefined || holdsAny(text, words)) && !holdsAny(text, exceptWords)
    },
  }
}

function subjectAndContent({ subject, content }: DocumentPackage): string {
  return foldText(`${subject}\n${content ?? ''}`)
}
