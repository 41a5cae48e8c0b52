// Every command there is, and the one place where commands meet the programs of other folders. Each is loaded when it
// is asked for: `tram stats` need not wait for the code of a benchmark.
import { systemClock } from '../platform/clock.ts'
import type { CommandTable } from './command.ts'

export const commands: CommandTable = {
  config: {
    summary: { vi: 'các thông số cấu hình', en: 'every setting, its default and meaning' },
    load: async () => (await import('./config-command.ts')).configCommand,
  },
  doctor: {
    summary: { vi: 'kiểm tra máy và cấu hình', en: 'checks the machine and the configuration' },
    load: async () => (await import('./doctor-command.ts')).doctorCommand,
  },
  migrate: {
    summary: { vi: 'nâng cấp cơ sở dữ liệu', en: 'brings the database up to date' },
    load: async () => (await import('./migrate-command.ts')).migrateCommand,
  },
  agency: {
    summary: { vi: 'danh bạ cơ quan', en: 'the directory of agencies' },
    load: async () => (await import('./agency-command.ts')).agencyCommand,
  },
  system: {
    summary: { vi: 'các hệ thống QLVB-ĐH', en: 'the registered document systems' },
    load: async () => (await import('./system-command.ts')).systemCommand,
  },
  send: {
    summary: { vi: 'gửi một văn bản', en: 'send a document package' },
    load: async () => (await import('./send-command.ts')).sendCommand,
  },
  pull: {
    summary: { vi: 'lấy văn bản từ hộp thư', en: 'take what waits in the mailbox' },
    load: async () => (await import('./pull-command.ts')).pullCommand,
  },
  status: {
    summary: { vi: 'phản hồi trạng thái xử lý', en: 'send status feedback' },
    load: async () => (await import('./status-command.ts')).statusCommand,
  },
  edxml: {
    summary: { vi: 'xem, kiểm tra, tạo gói tin edXML', en: 'inspect, validate, make and convert packages' },
    load: async () => (await import('./edxml-command.ts')).edxmlCommand,
  },
  track: {
    summary: { vi: 'văn bản đang ở đâu', en: 'where a document is' },
    load: async () => (await import('./track-command.ts')).trackCommand,
  },
  deliveries: {
    summary: { vi: 'tra cứu, gửi lại, tạm giữ', en: 'look deliveries up, retry and hold them' },
    load: async () => (await import('./deliveries-command.ts')).deliveriesCommand,
  },
  replay: {
    summary: { vi: 'gửi lại hàng loạt', en: 'try many deliveries again' },
    load: async () => (await import('./replay-command.ts')).replayCommand,
  },
  maintenance: {
    summary: { vi: 'bảo trì và thông báo', en: 'announced maintenance and notices' },
    load: async () => (await import('./maintenance-command.ts')).maintenanceCommand,
  },
  refusals: {
    summary: { vi: 'các lần gửi bị từ chối', en: 'submissions that were turned away' },
    load: async () => (await import('./refusals-command.ts')).refusalsCommand,
  },
  stats: {
    summary: { vi: 'số liệu hiện tại', en: 'counts as of now' },
    load: async () => (await import('./stats-command.ts')).statsCommand,
  },
  queues: {
    summary: { vi: 'hàng đợi của từng hệ thống', en: 'the lane of each system' },
    load: async () => (await import('./queues-command.ts')).queuesCommand,
  },
  storage: {
    summary: { vi: 'dung lượng và thời hạn lưu', en: 'what is held, and what retention would free' },
    load: async () => (await import('./storage-command.ts')).storageCommand,
  },
  backup: {
    summary: { vi: 'sao lưu', en: 'back up database and packages' },
    load: async () => (await import('./backup-command.ts')).backupCommand,
  },
  restore: {
    summary: { vi: 'khôi phục từ bản sao lưu', en: 'restore a backup' },
    load: async () => (await import('./restore-command.ts')).restoreCommand,
  },
  archive: {
    summary: { vi: 'kết xuất hồ sơ lưu trữ', en: 'documents and their history for the archive' },
    load: async () => (await import('./archive-command.ts')).archiveCommand,
  },
  simulate: {
    summary: { vi: 'hệ thống QLVB-ĐH giả lập', en: 'a virtual document system' },
    load: async () => {
      const { simulateCommand } = await import('./simulate-command.ts')
      const { runVirtualQlvb } = await import('../sandbox/virtual-qlvb.ts')
      return simulateCommand(runVirtualQlvb, systemClock.now)
    },
  },
  bench: {
    summary: { vi: 'đo năng lực trên máy này', en: 'measure this build on this machine' },
    load: async () => {
      const { benchCommand } = await import('./bench-command.ts')
      const { benchIntake } = await import('../bench/intake-bench.ts')
      const { benchDeliver } = await import('../bench/deliver-bench.ts')
      const { benchEdxml } = await import('../bench/edxml-bench.ts')
      const { benchFair } = await import('../bench/fair-bench.ts')
      const { benchUrgent } = await import('../bench/urgent-bench.ts')
      const { benchWaiting } = await import('../bench/waiting-bench.ts')
      const { claimDeliveries } = await import('../delivery/claim-deliveries.ts')
      const sweep = await import('../delivery/sweep.ts')
      return benchCommand({
        intake: benchIntake,
        deliver: benchDeliver,
        edxml: benchEdxml,
        fair: benchFair,
        urgent: benchUrgent,
        // As a worker claims: so many at most, for so long, and what is older than five minutes goes first.
        waiting: (request) =>
          benchWaiting(request, { ...sweep, claim: (db, systemId) => claimDeliveries(db, systemId, 64, 8_000, 300) }),
      })
    },
  },
}
