// `tram restore`: a backup into an empty database and an empty place for packages, everything compared on the way.
import { join, resolve } from 'node:path'
import { readConfig } from '../config.ts'
import { migrate } from '../platform/migrate.ts'
import { openBlobs } from '../platform/open-blobs.ts'
import { ensurePartitions } from '../platform/partitions.ts'
import { keyFingerprint } from '../retention/backup-manifest.ts'
import { type RestoreResult, restore } from '../retention/restore.ts'
import { presentMasterKey } from '../trust/master-key.ts'
import { given, sayWhy } from './backup-command.ts'
import { type Command, exitCodes } from './command.ts'
import { withLocalDatabase } from './local-database.ts'

export const restoreCommand: Command = {
  name: 'restore',
  summary: { vi: 'khôi phục từ bản sao lưu', en: 'restore a backup into an empty installation' },
  usage: ['restore --from FOLDER [--force]'],
  options: {
    from: { type: 'string', value: 'FOLDER', help: 'a folder that `tram backup` wrote' },
    force: { type: 'boolean', help: 'over what is there: all tables of the database are removed first' },
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['restore --from /srv/backup/tram', 'DATA_DIR=/srv/tram restore --from /srv/backup/tram'],
  async run(args, { output, env }) {
    const folder = resolve(args.required('from'))
    const config = readConfig(env)
    const keyFile = join(config.dataDir, 'keys', 'master-key')
    const key = await presentMasterKey({ keyFile, ...given(config.masterKey) })
    const blobs = await openBlobs(config)
    try {
      const result = await withLocalDatabase(env, ({ db, pool }) =>
        restore({
          databaseUrl: pool.options.connectionString ?? '',
          blobs: blobs.store,
          folder,
          force: args.flag('force'),
          keyFingerprint: key === undefined ? undefined : keyFingerprint(key),
          ...(config.masterKey === undefined ? { masterKeyFile: keyFile } : {}),
          async migrateOn() {
            await migrate(pool)
            await ensurePartitions(db)
          },
          onProgress: ({ count }) => output.note(`${count} gói tin · packages`),
        }),
      ).catch(sayWhy)
      const { manifest, blobs: packages, damaged, masterKey } = result
      output.line(`Đã khôi phục tới ${manifest.snapshotAt}: ${packages} gói tin · restored as of then, packages`)
      output.line(keyTexts[masterKey])
      for (const id of damaged) output.note(`HỎNG hoặc mất · damaged or missing: ${id}`)
      output.json({ backupId: manifest.backupId, snapshotAt: manifest.snapshotAt, packages, damaged, masterKey })
      return damaged.length === 0 ? exitCodes.ok : exitCodes.refused
    } finally {
      blobs.close()
    }
  },
}

const keyTexts: Readonly<Record<RestoreResult['masterKey'], string>> = {
  restored: 'Khóa chính: đã khôi phục · master key: restored',
  present: 'Khóa chính: đúng khóa đang có · master key: the one that is here',
  unknown: 'Khóa chính: bản sao lưu không ghi, hãy kiểm tra · master key: the backup does not say, check it',
  missing: 'THIẾU khóa chính: đặt MASTER_KEY trước khi khởi động · master key MISSING: set MASTER_KEY before the start',
}
