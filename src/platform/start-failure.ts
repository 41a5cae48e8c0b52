// Why a start ended before the gateway was ready, said in Vietnamese and English with what to do about it. Only what
// the person at the keyboard can mend is here; everything else keeps its stack trace.

/** The exit codes a service manager or a script may rely on; docs/operations.md lists the same table. */
const failures = {
  bad_configuration: {
    exitCode: 2,
    todo: {
      vi: 'Sửa các giá trị nêu trên rồi khởi động lại; "npm run tram -- config" liệt kê mọi biến.',
      en: 'Correct the values named above and start again; "npm run tram -- config" lists every variable.',
    },
  },
  port_taken: {
    exitCode: 3,
    todo: {
      vi: 'Dừng chương trình đang dùng cổng đó, hoặc đặt PORT sang cổng khác.',
      en: 'Stop the program that uses the port, or set PORT to another one.',
    },
  },
  folder_in_use: {
    exitCode: 4,
    todo: {
      vi: 'Dừng bản Trạm đang chạy, hoặc đặt DATA_DIR sang thư mục khác.',
      en: 'Stop the copy of Trạm that is running, or set DATA_DIR to another folder.',
    },
  },
  disk_full: {
    exitCode: 5,
    todo: {
      vi: 'Giải phóng dung lượng đĩa, hoặc đặt DATA_DIR sang ổ đĩa còn chỗ. Dữ liệu đã nhận vẫn còn nguyên.',
      en: 'Free some disk space, or set DATA_DIR to a disk that has some. What was accepted is still there.',
    },
  },
  database_unreachable: {
    exitCode: 6,
    todo: {
      vi: 'Kiểm tra máy chủ có đang chạy không, và địa chỉ, tài khoản trong DATABASE_URL (hoặc REDIS_URL).',
      en: 'Check that the server runs, and the address and account in DATABASE_URL (or REDIS_URL).',
    },
  },
  database_old: {
    exitCode: 7,
    todo: {
      vi: 'Nâng cấp cơ sở dữ liệu lên PostgreSQL 15 trở lên; với dữ liệu nhúng: dùng lại bản Trạm cũ để sao lưu, rồi khôi phục bằng bản này.',
      en: 'Upgrade the database to PostgreSQL 15 or later; for embedded data: back up with the former Trạm, then restore with this one.',
    },
  },
  database_newer: {
    exitCode: 8,
    todo: {
      vi: 'Chạy bản Trạm mới nhất đã từng dùng cơ sở dữ liệu này, hoặc khôi phục bản sao lưu cũ hơn.',
      en: 'Run the newest Trạm that has used this database, or restore an older backup.',
    },
  },
  database_missing: {
    exitCode: 9,
    todo: {
      vi: 'Đặt DATABASE_URL, hoặc chạy "npm i" không kèm --omit=optional, hoặc "apt-get install postgresql".',
      en: 'Set DATABASE_URL, or run "npm i" without --omit=optional, or "apt-get install postgresql".',
    },
  },
  node_too_old: {
    exitCode: 10,
    todo: { vi: 'Cài Node.js 20.19 trở lên.', en: 'Install Node.js 20.19 or later.' },
  },
  set_up_failed: {
    exitCode: 11,
    todo: {
      vi: 'Xem thông báo phía trên; lần cài đặt đầu tiên cần kết nối mạng.',
      en: 'See the messages above; the first installation needs the network.',
    },
  },
  no_permission: {
    exitCode: 12,
    todo: {
      vi: 'Chạy bằng đúng tài khoản sở hữu thư mục, hoặc đặt DATA_DIR sang thư mục ghi được.',
      en: 'Run as the account that owns the folder, or set DATA_DIR to a folder that can be written.',
    },
  },
  database_broken: {
    exitCode: 13,
    todo: {
      vi: 'Xem tệp postgres.log trong DATA_DIR; nếu không tự sửa được, khôi phục từ bản sao lưu.',
      en: 'Read postgres.log in DATA_DIR; when it cannot be mended, restore from a backup.',
    },
  },
} as const

export type StartFailureKind = keyof typeof failures

/** What happened, in both languages of our operators. */
export interface BothLanguages {
  readonly vi: string
  readonly en: string
}

export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly kind: StartFailureKind
  readonly exitCode: number
  readonly what: BothLanguages
  readonly todo: BothLanguages

  constructor(kind: StartFailureKind, what: BothLanguages, options?: ErrorOptions) {
    super(what.en, options)
    this.kind = kind
    this.exitCode = failures[kind].exitCode
    this.what = what
    this.todo = failures[kind].todo
  }

  /** The text for the terminal: Vietnamese first, then English. */
  report(): string {
    return `Trạm: ${this.what.vi}\n      ${this.todo.vi}\nTrạm: ${this.what.en}\n      ${this.todo.en}`
  }
}

/** Finds the failure a person can mend behind `error`, following its causes; none means a bug or an outage. */
export function explainStartFailure(error: unknown): StartFailure | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at instanceof StartFailure) return at
    const found = explainCode(at)
    if (found) return new StartFailure(found.kind, found.what, { cause: error })
  }
  return undefined
}

interface Explanation {
  readonly kind: StartFailureKind
  readonly what: BothLanguages
}

function explainCode(error: Error): Explanation | undefined {
  const { code, syscall, ...detail } = systemDetail(error)
  const path = detail.path ?? ''
  const server = detail.address === undefined ? '' : ` ${detail.address}:${detail.port ?? ''}`

  if (code === 'EADDRINUSE')
    return {
      kind: 'port_taken',
      what: { vi: `Cổng${server} đã có chương trình khác dùng.`, en: `Port${server} is used by another program.` },
    }
  if (code === 'EACCES' && syscall === 'listen')
    return {
      kind: 'port_taken',
      what: { vi: `Không được phép mở cổng${server}.`, en: `Not allowed to open port${server}.` },
    }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === '53100')
    return {
      kind: 'disk_full',
      what: { vi: `Hết dung lượng đĩa ${path}`.trim(), en: `No disk space left ${path}`.trim() },
    }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return {
      kind: 'no_permission',
      what: {
        vi: `Không có quyền với ${path || 'tệp cần dùng'}.`,
        en: `No permission for ${path || 'a needed file'}.`,
      },
    }
  if (code !== undefined && unreachableCodes.has(code))
    return {
      kind: 'database_unreachable',
      what: {
        vi: `Không dùng được máy chủ${server}: ${error.message || code}`,
        en: `The server${server} cannot be used: ${error.message || code}`,
      },
    }
  return undefined
}

/** Network refusals, then PostgreSQL's own: wrong account, missing database, too many clients, shutting down. */
const unreachableCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['08001', '08004', '08006', '28000', '28P01', '3D000', '53300', '57P01', '57P02', '57P03'],
])

interface SystemDetail {
  readonly code?: string
  readonly syscall?: string
  readonly path?: string
  readonly address?: string
  readonly port?: number
}

/** Node and pg hang these members onto plain errors; several addresses tried in vain arrive as one AggregateError. */
function systemDetail(error: Error): SystemDetail {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  const source = first instanceof Error ? first : error
  const text = (key: string) => {
    const value: unknown = Reflect.get(source, key)
    return typeof value === 'string' ? { [key]: value } : {}
  }
  const port: unknown = Reflect.get(source, 'port')
  return {
    ...text('code'),
    ...text('syscall'),
    ...text('path'),
    ...text('address'),
    ...(typeof port === 'number' ? { port } : {}),
  }
}

export { errorCode } from './error-code.ts'
