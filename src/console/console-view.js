// From the API's answers to what stands on the page: values only, no page is touched here. A cell is
// {text, isNumber?, isAlarm?}; the first cell of a row names it.
import { say } from './console-texts.js'

export const states = [
  'held',
  'waiting',
  'in_flight',
  'available',
  'delivered',
  'refused',
  'exhausted',
  'expired',
  'recalled',
]

// States in which somebody should look; the word says so as well.
const alarming = new Set(['held', 'refused', 'exhausted', 'expired'])

/** An age at a glance: 45 s, 12 min, 3 h 05, 2 d 04 h. */
export function ageText(seconds) {
  if (seconds === null || seconds === undefined) return ''
  const s = Math.round(seconds)
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two((s % 3600) / 60)}`
  return `${Math.floor(s / 86400)} d ${two((s % 86400) / 3600)} h`
}

/** `20/11 08:05` of an instant in Vietnam time, whatever the zone of the reader's machine. */
export function timeText(iso) {
  if (!iso) return ''
  const vietnam = new Date(new Date(iso).getTime() + 7 * 3600_000)
  if (Number.isNaN(vietnam.getTime())) return ''
  const [month, day] = [vietnam.getUTCMonth() + 1, vietnam.getUTCDate()]
  return `${two(day)}/${two(month)} ${two(vietnam.getUTCHours())}:${two(vietnam.getUTCMinutes())}`
}

export function countEntries(stats, language) {
  const byState = stats.deliveries?.byState ?? {}
  return [
    { name: say(language, 'packages'), text: countText(stats.packages, language) },
    ...states.map((state) => ({
      name: say(language, state),
      text: countText(byState[state] ?? 0, language),
      isAlarm: alarming.has(state) && (byState[state] ?? 0) > 0,
    })),
    { name: say(language, 'oldest'), text: ageText(stats.oldestWaitingSeconds) || say(language, 'none') },
    { name: say(language, 'statuses'), text: countText(stats.statuses ?? 0, language) },
    { name: say(language, 'refusals'), text: countText(stats.refusals24h ?? 0, language) },
  ]
}

export function laneTable(queues, language) {
  const lanes = [...queues].sort((a, b) => (b.oldestAgeSeconds ?? -1) - (a.oldestAgeSeconds ?? -1))
  return {
    headings: headings(language, [
      ['system'],
      ['channel'],
      ['depth', true],
      ['oldestAge', true],
      ['inFlight', true],
      ['rate', true],
      ['condition'],
      ['lastSuccess'],
    ]),
    rows: lanes.map((lane) => [
      { text: lane.name && lane.name !== lane.systemId ? `${lane.name} (${lane.systemId})` : lane.systemId },
      { text: say(language, lane.channel) },
      { text: countText(lane.depth, language), isNumber: true },
      { text: ageText(lane.oldestAgeSeconds), isNumber: true },
      { text: countText(lane.inFlight ?? 0, language), isNumber: true },
      { text: countText(Math.round(lane.ratePerMinute ?? 0), language), isNumber: true },
      laneCondition(lane, language),
      { text: timeText(lane.lastSuccessAt) },
    ]),
  }
}

/** What keeps a lane from moving, in words; a pause outweighs the breaker because a person must end it. */
export function laneCondition(lane, language) {
  if (lane.pausedReason) return { text: say(language, 'paused', { reason: lane.pausedReason }), isAlarm: true }
  if (lane.breaker === 'open') return { text: say(language, 'open', { fault: lane.lastFault ?? '' }), isAlarm: true }
  if (lane.breaker === 'half_open') return { text: say(language, 'half_open') }
  return { text: say(language, 'working') }
}

export function deliveryTable(items, language) {
  return {
    headings: headings(language, [
      ['code'],
      ['subject'],
      ['from'],
      ['organId'],
      ['state'],
      ['since'],
      ['attempts', true],
      ['handling'],
      ['reason'],
    ]),
    rows: items.map((item) => [
      { text: item.code || item.documentId || item.deliveryId },
      { text: item.type === 'status' ? say(language, 'statusMessage') : (item.subject ?? '') },
      { text: item.from ?? '' },
      { text: item.organId },
      { text: say(language, item.state), isAlarm: alarming.has(item.state) },
      { text: timeText(item.stateSince) },
      { text: countText(item.attempts ?? 0, language), isNumber: true },
      { text: item.businessStatus ?? '' },
      { text: item.reason?.text || item.reason?.code || item.heldReason || '' },
    ]),
  }
}

function headings(language, columns) {
  return columns.map(([name, isNumber = false]) => ({ text: say(language, name), isNumber }))
}

function countText(count, language) {
  return Number(count).toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB')
}

function two(value) {
  return String(Math.floor(value)).padStart(2, '0')
}
