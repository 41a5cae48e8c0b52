// `tram migrate`: brings the database to this program's shape, as a start does.
import { migrate } from '../platform/migrate.ts'
import { ensurePartitions } from '../platform/partitions.ts'
import { type Command, exitCodes } from './command.ts'
import { withLocalDatabase } from './local-database.ts'

export const migrateCommand: Command = {
  name: 'migrate',
  summary: { vi: 'cập nhật cấu trúc cơ sở dữ liệu', en: 'bring the database to the shape this program expects' },
  usage: ['migrate'],
  options: {
    json: { type: 'boolean', help: 'one JSON document on stdout' },
    help: { type: 'boolean', help: 'this text' },
  },
  examples: ['migrate', 'DATABASE_URL=postgres://… npm run tram -- migrate'],
  async run(_args, { output, env }) {
    const applied = await withLocalDatabase(env, async ({ db, pool }) => {
      const result = await migrate(pool)
      await ensurePartitions(db)
      return result.applied
    })
    if (applied.length === 0) output.line('Không có gì để cập nhật · nothing to do')
    for (const file of applied) output.line(`đã áp dụng · applied ${file}`)
    output.json({ applied })
    return exitCodes.ok
  },
}
