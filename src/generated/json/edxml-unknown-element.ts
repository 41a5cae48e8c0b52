/* Made by `npm run generate`; never edited. */

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
