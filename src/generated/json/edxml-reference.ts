/* Made by `npm run generate`; never edited. */

/**
 * Another document that a package speaks of.
 */
export interface EdxmlReference {
  /**
   * Mã định danh cơ quan; trong phản hồi trạng thái là nơi nhận phản hồi
   */
  organId?: string
  /**
   * Số/ký hiệu viết liền, ví dụ 267/VPCP-TTĐT
   */
  code?: string
  /**
   * Ngày ban hành, đúng như đã ghi
   */
  promulgationDate?: string
  /**
   * Mã định danh văn bản được nói đến
   */
  documentId?: string
}
