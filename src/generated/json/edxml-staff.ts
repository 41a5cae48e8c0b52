/* Made by `npm run generate`; never edited. */

/**
 * Who acted.
 */
export interface EdxmlStaff {
  /**
   * Đơn vị của cán bộ
   */
  department?: string
  /**
   * Mã đơn vị
   */
  departmentId?: string
  /**
   * Họ và tên cán bộ
   */
  staff?: string
  /**
   * Mã cán bộ
   */
  staffId?: string
  /**
   * Điện thoại di động
   */
  mobile?: string
  /**
   * Hộp thư điện tử
   */
  email?: string
}
