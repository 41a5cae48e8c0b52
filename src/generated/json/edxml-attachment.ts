/* Made by `npm run generate`; never edited. */

/**
 * A file that a package shall be made with: its bytes in one of two ways, and what was known about it when it was read.
 */
export interface EdxmlAttachment {
  /**
   * Mã tệp trong gói tin, bỏ tiền tố cid:
   */
  contentId?: string
  /**
   * Tên tệp, đúng như bên gửi ghi
   */
  name: string
  /**
   * Tên dùng để lưu tệp: bỏ ký tự đường dẫn, ký tự ẩn, tên riêng của hệ điều hành; bằng name khi tên đã an toàn
   */
  safeName?: string
  /**
   * Mô tả tệp
   */
  description?: string
  /**
   * Kiểu nội dung bên gửi khai; có thể sai
   */
  declaredType?: string
  /**
   * Kiểu nội dung nhận biết từ chính các byte
   */
  mediaType?: string
  /**
   * Dung lượng sau khi giải mã base64, tính bằng byte
   */
  size?: number
  /**
   * Mã băm SHA-256 sau khi giải mã base64
   */
  sha256?: string
  /**
   * Tệp bên trong, khi các byte là một lớp nén ZIP bọc đúng một tệp
   */
  inner?: {
    /**
     * Tên tệp ghi trong ZIP, thường do phần mềm tự đặt
     */
    entryName: string
    /**
     * Kiểu nội dung nhận biết từ chính các byte
     */
    mediaType: string
    /**
     * Dung lượng, tính bằng byte
     */
    size: number
    /**
     * Mã băm SHA-256
     */
    sha256: string
  }
  /**
   * Tệp, hoặc tệp bên trong, có macro
   */
  hasMacros?: boolean
  /**
   * Base64 of the file, out of its wrapper.
   */
  content?: string
  /**
   * Or its name in the folder of the files.
   */
  file?: string
}
