// What a rule is made of: its name, how strictly it is applied, and a function that looks for what breaks it.
import type { DocumentPackage } from '../domain/document-package.ts'
import type { BilingualText } from '../generated/json/bilingual-text.ts'
import type { RuleMode } from '../generated/json/rule-mode.ts'
import type { RuleParameters } from '../generated/json/rule-parameters.ts'
import type { FieldText } from './document-texts.ts'
import type { KindTable } from './kind-table.ts'

/** Also the code of the catalogue that its findings and refusals bear. */
export type RuleId = keyof RuleParameters

export interface Rule {
  readonly ruleId: RuleId
  readonly mode: RuleMode
  /** Of its findings. */
  readonly severity: 'info' | 'warn'
  /**
   * What breaks it may be a secret: no value of the package is said or kept, and the sender may declare that the
   * document is not secret, which turns the refusal into a finding.
   */
  readonly isDeclarable: boolean
  readonly about: BilingualText
}

/** What is known about a package when it is judged. */
export interface PackageFacts {
  readonly document: DocumentPackage
  /** Codes of the sending agency besides the one it wrote. */
  readonly fromCodes?: readonly string[]
  /** Today in Vietnam, ISO. */
  readonly day: string
  /** Bytes of the whole package. */
  readonly size: number
  /** The sender answers for it that the document is not secret (header `tram-declaration`). */
  readonly declaration?: 'not-secret'
  /** One for each `To`, in package order. */
  readonly recipients?: readonly RecipientFacts[]
  /** Another document of the sender under the same number. */
  readonly sameNumber?: SameNumber
}

export interface RecipientFacts {
  readonly organId: string
  readonly closed: boolean
  readonly successors: readonly { readonly code: string; readonly name: string }[]
}

export interface SameNumber {
  readonly packageId: string
  readonly documentId: string
  /** ISO date of issue. */
  readonly date: string
}

/** The facts with what several rules read out of them. */
export interface Question extends PackageFacts {
  readonly texts: readonly FieldText[]
}

/** One place that breaks a rule. */
export interface Hit {
  readonly path: string
  /** Values for the placeholders of the rule's text in the catalogue. */
  readonly params?: Readonly<Record<string, string | number>>
  readonly found?: string
  readonly expected?: string
}

export type Check = (question: Question) => Hit[]

/** Prepares a rule for many packages: what can be worked out from parameters alone is worked out here. */
export type MakeCheck = (parameters: RuleParameters, kinds: KindTable) => Check
