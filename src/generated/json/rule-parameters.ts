/* Made by `npm run generate`; never edited. */

/**
 * Words and phrases that a rule looks for, or a list of names.
 *
 * @maxItems 500
 */
export type RuleWords = string[]

/**
 * The parameters of each rule about packages.
 */
export interface RuleParameters {
  /**
   * Formal secrecy marks.
   */
  secret_not_allowed: {
    /**
     * The marks, in capitals, the longer ones first.
     */
    marks: RuleWords
    /**
     * What may stand before a mark and say that it is one, e.g. ĐỘ MẬT:
     */
    leads: RuleWords
    /**
     * Innocent words that begin with a mark.
     */
    compounds: RuleWords
    /**
     * Words after a mark that show that the mark stands alone, also in a line of capitals.
     */
    followers: RuleWords
    /**
     * Patterns of notations and numbers.
     *
     * @maxItems 200
     */
    notations: string[]
  }
  /**
   * What may be a secrecy mark. No parameters.
   */
  secret_suspected: {}
  /**
   * A priority that edXML does not know. No parameters.
   */
  priority_out_of_range: {}
  /**
   * Letters of dispute, complaint and denunciation.
   */
  excluded_letter: {
    /**
     * What such letters are called.
     */
    phrases: RuleWords
    /**
     * A word that, standing before the phrase, makes the text one about letters.
     */
    unlessBefore: RuleWords
  }
  /**
   * A kind that is in no list. No parameters.
   */
  document_kind_unknown: {}
  /**
   * A notation that belongs to another kind. No parameters.
   */
  document_kind_mismatch: {}
  /**
   * Formats that are allowed.
   */
  attachment_format: {
    /**
     * Endings of names.
     */
    extensions: RuleWords
    /**
     * Contents.
     */
    mediaTypes: RuleWords
  }
  /**
   * Names that do not fit the content.
   */
  attachment_name_mismatch: {
    /**
     * Known formats.
     *
     * @maxItems 200
     */
    formats: RuleFileFormat[]
  }
  /**
   * Programs and scripts.
   */
  attachment_executable: {
    /**
     * Endings of names.
     */
    extensions: RuleWords
    /**
     * Contents.
     */
    mediaTypes: RuleWords
  }
  /**
   * Archives, whose content nobody sees.
   */
  attachment_archive: {
    /**
     * Endings of names.
     */
    extensions: RuleWords
    /**
     * Contents.
     */
    mediaTypes: RuleWords
  }
  /**
   * Office files that carry macros. No parameters.
   */
  attachment_macros: {}
  /**
   * The file that is the document.
   */
  main_file_not_pdf: {
    /**
     * A name or description that begins so is an annex.
     */
    annexWords: RuleWords
  }
  /**
   * Size of each file.
   */
  attachment_size: {
    /**
     * Most bytes that pass.
     */
    bytesMax: number
  }
  /**
   * Size of the package.
   */
  package_size: {
    /**
     * Most bytes that pass.
     */
    bytesMax: number
  }
  /**
   * Text damaged on its way. No parameters.
   */
  replacement_character: {}
  /**
   * Text of TCVN3 or VNI fonts. No parameters.
   */
  legacy_charset: {}
  /**
   * Text in decomposed form. No parameters.
   */
  text_not_composed: {}
  /**
   * Fields that must say something.
   */
  required_field: {
    /**
     * The fields.
     *
     * @maxItems 50
     */
    fields: (
      | 'documentId'
      | 'codeNumber'
      | 'codeNotation'
      | 'place'
      | 'promulgationDate'
      | 'typeName'
      | 'competence'
      | 'position'
      | 'fullName'
      | 'fromOrganName'
      | 'toOrganName'
      | 'dueDate'
      | 'sentAt'
    )[]
  }
  /**
   * Longest texts, in characters.
   */
  field_too_long: {
    /**
     * By field. A field without a length may be as long as it likes.
     */
    lengths: {
      /**
       * Agency codes.
       */
      organId?: number
      /**
       * Names of agencies.
       */
      organName?: number
      /**
       * Agencies in charge.
       */
      organizationInCharge?: number
      /**
       * Addresses.
       */
      organAdd?: number
      /**
       * Mailboxes of agencies.
       */
      email?: number
      /**
       * Telephone numbers.
       */
      telephone?: number
      /**
       * Fax numbers.
       */
      fax?: number
      /**
       * Web sites.
       */
      website?: number
      /**
       * Document identifier.
       */
      documentId?: number
      /**
       * Number.
       */
      codeNumber?: number
      /**
       * Notation.
       */
      codeNotation?: number
      /**
       * Place of issue.
       */
      place?: number
      /**
       * Name of the kind.
       */
      typeName?: number
      /**
       * Subject.
       */
      subject?: number
      /**
       * Summary.
       */
      content?: number
      /**
       * Authority of the signer.
       */
      competence?: number
      /**
       * Position of the signer.
       */
      position?: number
      /**
       * Name of the signer.
       */
      fullName?: number
      /**
       * Field of promulgation.
       */
      sphereOfPromulgation?: number
      /**
       * Mark of the typist.
       */
      typerNotation?: number
      /**
       * Each appendix.
       */
      appendix?: number
      /**
       * Each line of the places listed.
       */
      toPlace?: number
      /**
       * Reason of a recall, update or replacement.
       */
      reason?: number
      /**
       * Department of the person acting.
       */
      department?: number
      /**
       * The person acting.
       */
      staff?: number
      /**
       * Mobile number of that person.
       */
      mobile?: number
      /**
       * Mailbox of that person.
       */
      staffEmail?: number
      /**
       * Names of files.
       */
      attachmentName?: number
      /**
       * Descriptions of files.
       */
      attachmentDescription?: number
    }
  }
  /**
   * A date of issue after today. No parameters.
   */
  promulgation_date_future: {}
  /**
   * A deadline before the date of issue. No parameters.
   */
  due_before_promulgation: {}
  /**
   * Documents that paper may accompany.
   */
  paper_not_listed: {
    /**
     * The list.
     *
     * @maxItems 500
     */
    entries: RulePaperEntry[]
  }
  /**
   * Documents that are exchanged electronically only.
   */
  paper_for_electronic_only: {
    /**
     * The list.
     *
     * @maxItems 500
     */
    entries: RulePaperEntry[]
  }
  /**
   * A number and notation used before in the year. No parameters.
   */
  number_repeated: {}
  /**
   * The form of a document identifier.
   */
  document_id_pattern: {
    /**
     * One of these must fit.
     *
     * @maxItems 200
     */
    patterns: string[]
  }
  /**
   * A document identifier that begins with the code of another agency. No parameters.
   */
  document_id_foreign: {}
  /**
   * A recipient that was closed. No parameters.
   */
  recipient_closed: {}
}
/**
 * Endings of a name and the contents that belong to them.
 */
export interface RuleFileFormat {
  /**
   * Endings in lower case, without the dot.
   */
  extensions: RuleWords
  /**
   * What such a file may be by its bytes.
   */
  mediaTypes: RuleWords
}
/**
 * One line of a list about paper companions. All that it names must hold.
 */
export interface RulePaperEntry {
  /**
   * Kinds of document by name. Absent: any.
   */
  kinds?: RuleWords
  /**
   * One of these phrases stands in the subject or the content. Absent: any subject.
   */
  words?: RuleWords
  /**
   * None of these phrases stands there.
   */
  exceptWords?: RuleWords
  /**
   * One of these codes is among the recipients. Absent: any recipient.
   */
  recipients?: RuleWords
  /**
   * First day of the entry.
   */
  validFrom?: string
  /**
   * Last day of the entry.
   */
  validTo?: string
  /**
   * The decision or the article behind the entry.
   */
  source: string
}
