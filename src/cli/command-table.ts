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
    summary: { vi: 'tra cứu và gửi lại', en: 'look deliveries up, and retry them' },
    load: async () => (await import('./deliveries-command.ts')).deliveriesCommand,
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
      return benchCommand({ intake: benchIntake, deliver: benchDeliver, edxml: benchEdxml })
    },
  },
}
