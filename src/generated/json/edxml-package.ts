/* Made by `npm run generate`; never edited. */

/**
 * A package as JSON, in the form of the document view: `document` of type edoc, `status` of type status.
 */
export interface EdxmlPackage {
  /**
   * Mã gói tin do trục cấp
   */
  packageId?: string
  /**
   * edoc: gói tin văn bản; status: gói tin phản hồi trạng thái
   */
  type: 'edoc' | 'status'
  /**
   * Nghiệp vụ: new mới, recall thu hồi, update cập nhật, replace thay thế, status phản hồi trạng thái
   */
  kind?: 'new' | 'recall' | 'update' | 'replace' | 'status'
  /**
   * Mã định danh văn bản mà trục dùng; do trục đặt khi bên gửi không ghi
   */
  documentId?: string
  /**
   * Mã băm SHA-256 của toàn bộ gói tin như đã nhận
   */
  sha256?: string
  /**
   * Dung lượng gói tin, tính bằng byte
   */
  size?: number
  /**
   * Thời điểm trục tiếp nhận, ISO 8601 với +07:00
   */
  acceptedAt?: string
  document?: EdxmlDocument
  status?: EdxmlStatus
}
/**
 * What a document package says, as JSON that a package can be made of. Members that follow from others may be there and are not read.
 */
export interface EdxmlDocument {
  from: EdxmlParty
  /**
   * Bên nhận, theo thứ tự trong gói tin; một cơ quan có thể đứng hai lần
   */
  to: EdxmlParty[]
  /**
   * Mã định danh văn bản, đúng như bên gửi ghi; vắng mặt khi bên gửi không ghi
   */
  documentId?: string
  /**
   * Số văn bản
   */
  codeNumber?: string
  /**
   * Ký hiệu văn bản
   */
  codeNotation?: string
  /**
   * Địa danh ban hành
   */
  place?: string
  /**
   * Ngày ban hành, đúng như đã ghi
   */
  promulgationDateText?: string
  /**
   * Ngày ban hành dạng ISO yyyy-MM-dd, khi ngày đã ghi là ngày có thật
   */
  promulgationDate?: string
  /**
   * Loại văn bản
   */
  documentType?: {
    /**
     * Nhóm loại, như đã ghi
     */
    type?: string
    /**
     * Loại chi tiết, như đã ghi
     */
    typeDetail?: string
    /**
     * Tên loại văn bản
     */
    typeName?: string
  }
  /**
   * Trích yếu nội dung
   */
  subject: string
  /**
   * Nội dung tóm tắt
   */
  content?: string
  /**
   * Người ký
   */
  signer?: {
    /**
     * Thẩm quyền ký (TM., KT., TL., TUQ., Q.)
     */
    competence?: string
    /**
     * Chức vụ
     */
    position?: string
    /**
     * Họ và tên
     */
    fullName?: string
  }
  /**
   * Hạn xử lý, hạn trả lời, đúng như đã ghi
   */
  dueDateText?: string
  /**
   * Hạn xử lý dạng ISO yyyy-MM-dd, khi ngày đã ghi là ngày có thật
   */
  dueDate?: string
  /**
   * Mức độ khẩn: 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc, 4 hỏa tốc hẹn giờ; giá trị lạ được coi là 0 và giữ trong otherInfo.priorityText
   */
  priority?: number
  /**
   * Thông tin khác: phạm vi ban hành (sphereOfPromulgation), ký hiệu người soạn (typerNotation), số lượng bản (promulgationAmount), số trang (pageAmount), cờ chỉ đạo (direction), phụ lục (appendixes), văn bản trả lời (replyFors), tham chiếu (referenceCodes), nhiệm vụ (taskCodes), loại ứng dụng (applicationType)
   */
  otherInfo?: {
    [k: string]: string | string[]
  }
  /**
   * Các văn bản được phúc đáp, hoặc bị thu hồi
   */
  responseFor?: EdxmlReference[]
  /**
   * Loại chỉ đạo, như đã ghi; có hai thang giá trị nên không diễn giải
   */
  steeringType?: string
  /**
   * Nơi nhận và lưu như in trên văn bản; không dùng để định tuyến
   */
  toPlaces?: string[]
  /**
   * Nghiệp vụ và phạm vi của nó
   */
  business?: {
    /**
     * Lý do, nội dung nghiệp vụ
     */
    reason?: string
    /**
     * Mã định danh văn bản bị thu hồi hoặc được cập nhật
     */
    documentId?: string
    /**
     * Bản giấy kèm theo: 0 không, 1 có
     */
    paper?: string
    staff?: EdxmlStaff
    /**
     * 1: thông tin văn bản được cập nhật
     */
    documentInfo?: string
    /**
     * 1: danh sách nơi nhận được cập nhật
     */
    documentReceiver?: string
    /**
     * Các nơi nhận được thêm hoặc bớt
     */
    receivers?: {
      /**
       * Mã định danh cơ quan
       */
      organId: string
      /**
       * 0 bỏ khỏi danh sách nhận, 1 thêm vào
       */
      receiverType: string
    }[]
    /**
     * Các văn bản bị thay thế
     */
    replacements?: {
      /**
       * Mã định danh văn bản bị thay thế
       */
      documentId: string
      /**
       * Các cơ quan đã nhận văn bản đó
       */
      organIds: string[]
    }[]
  }
  /**
   * Vết chuyển tiếp: các nút đã chuyển gói tin trước khi đến trục này
   */
  traces?: {
    /**
     * Mã định danh của nút; có nút không ghi
     */
    organId?: string
    /**
     * Thời điểm chuyển, như đã ghi, giờ Việt Nam
     */
    timestamp?: string
  }[]
  /**
   * Tệp đính kèm, theo thứ tự trong gói tin
   */
  attachments?: EdxmlAttachment[]
  /**
   * Chữ ký của gói tin: absent không có, present_not_checked có nhưng không kiểm tra; giá trị pháp lý ở chữ ký số trong tệp
   */
  signature?: 'absent' | 'present_not_checked'
  /**
   * Phần tử ngoài chuẩn edXML; toàn văn vẫn nằm trong gói tin gốc
   */
  unknown?: EdxmlUnknownElement[]
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
/**
 * What a status package says, as JSON that a package can be made of.
 */
export interface EdxmlStatus {
  from: EdxmlParty
  responseFor: EdxmlReference
  /**
   * Mã trạng thái, hai chữ số: 01 đã đến, 02 từ chối tiếp nhận, 03 đã tiếp nhận, 04 phân công xử lý, 05 đang xử lý, 06 hoàn thành, 13 yêu cầu lấy lại, 15 đồng ý cập nhật hoặc lấy lại, 16 từ chối cập nhật hoặc lấy lại; mã khác giữ như đã ghi
   */
  code: string
  /**
   * Mã trạng thái, đúng như đã ghi
   */
  codeText?: string
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
  unknown?: EdxmlUnknownElement[]
}
