/* Made by `npm run generate`; never edited. */

/**
 * An agency as a package names it.
 */
export interface EdxmlParty {
  /**
   * Mã định danh cơ quan, đúng như đã ghi
   */
  organId: string
  /**
   * Tên cơ quan
   */
  organName?: string
  /**
   * Cơ quan chủ quản trực tiếp (tên hoặc mã)
   */
  organizationInCharge?: string
  /**
   * Địa chỉ
   */
  organAdd?: string
  /**
   * Hộp thư điện tử
   */
  email?: string
  /**
   * Điện thoại
   */
  telephone?: string
  /**
   * Số fax
   */
  fax?: string
  /**
   * Trang thông tin điện tử
   */
  website?: string
}
