/* Made by `npm run generate`; never edited. */

/**
 * Words and phrases that a rule looks for, or a list of names.
 *
 * @maxItems 500
 */
export type RuleWords = string[]

/**
 * The kinds of documents: one table that joins the lists in use. Checked when it is loaded.
 */
export interface RuleDocumentKinds {
  $comment?: string
  /**
   * The kinds.
   */
  kinds: {
    /**
     * As it is written.
     */
    name: string
    /**
     * administrative: NĐ 30/2020 Đ.7. legal: văn bản quy phạm pháp luật. copy: bản sao. older: known to older rules or to archives only.
     */
    group: 'administrative' | 'legal' | 'copy' | 'older'
    /**
     * Other spellings of the name.
     */
    aliases?: RuleWords
    /**
     * Number in NĐ 30/2020 Phụ lục III.
     */
    nd30?: number
    /**
     * First group of the notation.
     */
    abbreviation?: string
    /**
     * Row of list A (QPPL) of QCVN 102, SĐ1:2022.
     */
    listA?: number
    /**
     * Row of list B (hành chính) of QCVN 102, SĐ1:2022.
     */
    listB?: number
    /**
     * The row follows from the order of the older list; it was not read.
     */
    listBIsInferred?: boolean
    /**
     * typeName of TT 05/2025/TT-BNV.
     */
    archiveCode?: string
    /**
     * Item of the electronic-only pilot of Lai Châu, 2019.
     */
    pilot?: number
  }[]
}
