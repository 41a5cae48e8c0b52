// `tram backup`: database and bytes of one consistent point into a folder, while the gateway runs.
import { join, resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { BackupLockLost, BackupLockTaken } from '../platform/backup-lock.ts'
import { uuidv7 } from '../platform/ids.ts'
import { openBlobs } from '../platform/open-blobs.ts'
import { backUp } from '../retention/backup.ts'
import { BackupProblem, keyFingerprint } from '../retention/backup-manifest.ts'
import { presentMasterKey } from '../trust/master-key.ts'
import { type Command, CommandFailure, exitCodes, UsageError } from './command.ts'
import { withLocalDatabase } from './local-database.ts'
import { byteText } from './words.ts'

export const backupCommand: Command = {
  name: 'backup',
  summary: {
    vi: 'sao lưu cơ sở dữ liệu và nội dung gói tin',
    en: 'back up database and packages to one consistent point',
  },
  usage: ['backup --to FOLDER [--with-key]'],
  options: {
    to: { type: 'string', value: 'FOLDER', help: 'a further backup into the same folder copies new packages only' },
    'with-key': { type: 'boolean', help: 'take the master key file along; keep such a folder under lock' },
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['backup --to /srv/backup/tram', 'backup --to /srv/backup/tram --with-key'],
  async run(args, { output, env }) {
    const folder = resolve(args.required('to'))
    const config = readConfig(env)
    const keyFile = join(config.dataDir, 'keys', 'master-key')
    const key = await presentMasterKey({ keyFile, ...given(config.masterKey) })
    if (args.flag('with-key') && (config.masterKey !== undefined || key === undefined)) {
      throw new UsageError(
        '--with-key takes the key file of the data folder along, and there is none: keep MASTER_KEY itself',
      )
    }
    const blobs = await openBlobs(config)
    try {
      const result = await withLocalDatabase(env, ({ db, pool }) =>
        backUp({
          db,
          databaseUrl: pool.options.connectionString ?? '',
          blobs: blobs.store,
          folder,
          newId: uuidv7,
          now: () => new Date(),
          keyFingerprint: key === undefined ? undefined : keyFingerprint(key),
          ...(args.flag('with-key') ? { masterKeyFile: keyFile } : {}),
          onProgress: ({ count, copied }) => output.note(`${count} gói tin · packages, ${copied} mới chép · copied`),
        }),
      ).catch(sayWhy)
      const { manifest, copiedBlobs, copiedBytes } = result
      const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0)
      output.table(
        [],
        [
          ['Bản sao lưu · backup', manifest.backupId],
          ['Thời điểm · as of', manifest.snapshotAt],
          ['Cơ sở dữ liệu · database', `${manifest.tables.length} bảng · tables, ${rows} dòng · rows`],
          ['Nội dung · packages', `${manifest.blobs.count}, ${byteText(manifest.blobs.bytes)}`],
          ['Chép mới · copied now', `${copiedBlobs}, ${byteText(copiedBytes)}`],
          ['Khóa chính · master key', manifest.masterKey.included ? 'có kèm · included' : 'KHÔNG kèm · NOT included'],
        ],
      )
      if (!manifest.masterKey.included) output.line(keepKeyToo)
      for (const id of manifest.blobs.damaged) output.note(`HỎNG hoặc mất · damaged or missing: ${id}`)
      output.json({ manifest, copiedBlobs, copiedBytes })
      return manifest.blobs.damaged.length === 0 ? exitCodes.ok : exitCodes.refused
    } finally {
      blobs.close()
    }
  },
}

const keepKeyToo =
  'Giữ riêng MASTER_KEY (hoặc tệp keys/master-key): thiếu khóa thì không mở được các mã bí mật đã lưu · ' +
  'Keep MASTER_KEY (or keys/master-key) elsewhere: without it no stored secret can be opened'

export function given(masterKey: string | undefined): { readonly masterKey?: string } {
  return masterKey === undefined ? {} : { masterKey }
}

/** What a person can do something about is said in one line, without the place in the program. */
export function sayWhy(error: unknown): never {
  if (error instanceof BackupProblem) throw new CommandFailure(error.message, { cause: error })
  if (error instanceof BackupLockTaken) throw new CommandFailure(alreadyRunning, { cause: error })
  if (error instanceof BackupLockLost) throw new CommandFailure(lockLost, { cause: error })
  throw error
}

const alreadyRunning = 'Một lần sao lưu khác đang chạy · another backup is running'
const lockLost =
  'Mất kết nối cơ sở dữ liệu khi đang sao lưu; hãy chạy lại, phần đã chép được giữ · ' +
  'the connection was lost during the backup; run it again, what was copied is kept'
