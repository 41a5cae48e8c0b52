/* Made by `npm run generate`; never edited. */

/**
 * Gói tin phản hồi trạng thái xử lý văn bản.
 */
export interface StatusView {
  from: EdxmlParty
  responseFor: EdxmlReference
  /**
   * Mã trạng thái, hai chữ số: 01 đã đến, 02 từ chối tiếp nhận, 03 đã tiếp nhận, 04 phân công xử lý, 05 đang xử lý, 06 hoàn thành, 13 yêu cầu lấy lại, 15 đồng ý cập nhật hoặc lấy lại, 16 từ chối cập nhật hoặc lấy lại; mã khác giữ như đã ghi
   */
  code: string
  /**
   * Mã trạng thái, đúng như đã ghi
   */
  codeText: string
  /**
   * Diễn giải, lý do
   */
  description?: string
  staff?: EdxmlStaff
  /**
   * Thời điểm thực hiện, đúng như đã ghi
   */
  timestampText?: string
  /**
   * Thời điểm thực hiện dạng ISO 8601 với +07:00, khi thời điểm đã ghi là có thật
   */
  timestamp?: string
  /**
   * Phần tử ngoài chuẩn edXML; toàn văn vẫn nằm trong gói tin gốc
   */
  unknown: EdxmlUnknownElement[]
}
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
/**
 * An element that edXML does not know, or not in this place.
 */
export interface EdxmlUnknownElement {
  /**
   * Đường dẫn phần tử; phần tử thuộc không gian tên khác ghi {không gian tên}tên
   */
  path: string
  /**
   * Nội dung chữ của phần tử, có thể bị cắt ngắn
   */
  text?: string
  /**
   * Mã băm SHA-256 của toàn bộ nội dung khi bị cắt ngắn
   */
  sha256?: string
}
