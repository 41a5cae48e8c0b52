// The operators' first page: counts, lanes, search. A client of /api/v1/admin and of nothing else.
import { say } from './console-texts.js'
import { countEntries, deliveryTable, laneTable, states } from './console-view.js'

const refreshMs = 5000
// Longer than a healthy answer ever takes, shorter than the patience of a person who watches.
const answerWithinMs = 10_000

const byId = (id) => document.getElementById(id)
const session = { token: sessionStorage.getItem('token'), language: localStorage.getItem('language') ?? 'vi' }
let lastGoodAt = ''
let shown = { stats: undefined, queues: undefined, deliveries: undefined }
let timer
let round = 0

async function ask(path) {
  const answer = await fetch(`/api/v1/admin/${path}`, {
    headers: { authorization: `Bearer ${session.token}`, 'accept-language': session.language },
    signal: AbortSignal.timeout(answerWithinMs),
    cache: 'no-store',
  })
  if (answer.status === 401 || answer.status === 403) throw new WrongToken()
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  return answer.json()
}

class WrongToken extends Error {}

/** One round of questions at a time: the next begins a while after the last one was answered. */
async function refresh() {
  clearTimeout(timer)
  if (!session.token) return
  // A newer round, started by a person, makes the answers of this one unwanted.
  const mine = ++round
  try {
    const [stats, queues, deliveries] = await Promise.all([ask('stats'), ask('queues'), ask(searchPath())])
    if (mine !== round) return
    shown = { stats, queues, deliveries }
    lastGoodAt = new Date().toLocaleTimeString(session.language === 'vi' ? 'vi-VN' : 'en-GB', {
      timeZone: 'Asia/Ho_Chi_Minh',
    })
    byId('freshness').textContent = say(session.language, 'fresh', { time: lastGoodAt })
    showBoard()
  } catch (error) {
    if (mine !== round) return
    if (error instanceof WrongToken) return leave(say(session.language, 'wrongToken'))
    byId('freshness').textContent = say(session.language, lastGoodAt ? 'away' : 'awayNever', { time: lastGoodAt })
  }
  // A page that nobody looks at asks nothing; it catches up when it is shown again.
  if (!document.hidden) timer = setTimeout(refresh, refreshMs)
}

function searchPath() {
  const query = new URLSearchParams({ limit: '50' })
  const words = byId('query').value.trim()
  if (words) query.set('q', words)
  if (byId('state').value) query.set('state', byId('state').value)
  return `deliveries?${query}`
}

function showBoard() {
  const { language } = session
  const { stats, queues, deliveries } = shown
  byId('entry').hidden = true
  byId('board').hidden = false
  byId('leave').hidden = false
  if (!stats) return
  byId('counts').replaceChildren(...countEntries(stats, language).map(countElement))
  fillTable(byId('lanes'), laneTable(queues.queues, language))
  fillTable(byId('deliveries'), deliveryTable(deliveries.items, language))
  const count = deliveries.items.length
  const found = count === 0 ? 'nothing' : deliveries.nextCursor ? 'foundMore' : 'found'
  setText(byId('found'), say(language, found, { count }))
}

function countElement({ name, text, isAlarm }) {
  const box = element('div')
  box.append(element('dt', name), element('dd', text, isAlarm ? 'alarm' : ''))
  return box
}

function fillTable(table, { headings, rows }) {
  const head = element('tr')
  for (const heading of headings) {
    const cell = element('th', heading.text, heading.isNumber ? 'number' : '')
    cell.scope = 'col'
    head.append(cell)
  }
  const body = rows.map((cells) => {
    const row = element('tr')
    for (const [index, cell] of cells.entries()) {
      const place = element(index === 0 ? 'th' : 'td', cell.text)
      if (index === 0) place.scope = 'row'
      if (cell.isNumber) place.classList.add('number')
      if (cell.isAlarm) place.classList.add('alarm')
      place.dataset.heading = headings[index].text
      row.append(place)
    }
    return row
  })
  const [thead, tbody] = [element('thead'), element('tbody')]
  thead.append(head)
  tbody.append(...body)
  table.replaceChildren(thead, tbody)
}

function element(name, text = '', className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

/** A live region is read out whenever it changes, so it changes only when it says something new. */
function setText(place, text) {
  if (place.textContent !== text) place.textContent = text
}

function leave(problem = '') {
  session.token = null
  round++
  sessionStorage.removeItem('token')
  clearTimeout(timer)
  lastGoodAt = ''
  byId('board').hidden = true
  byId('leave').hidden = true
  byId('entry').hidden = false
  byId('freshness').textContent = ''
  byId('entry-problem').textContent = problem
  byId('token').value = ''
  byId('token').focus()
}

function speak(language) {
  session.language = language
  localStorage.setItem('language', language)
  document.documentElement.lang = language
  for (const place of document.querySelectorAll('[data-text]')) place.textContent = say(language, place.dataset.text)
  const other = language === 'vi' ? 'en' : 'vi'
  byId('language').lang = other
  byId('language').textContent = other === 'vi' ? 'Tiếng Việt' : 'English'
  const chosen = byId('state').value
  const options = ['', ...states].map((state) => new Option(say(language, state || 'any'), state))
  byId('state').replaceChildren(...options)
  byId('state').value = chosen
  if (session.token) showBoard()
}

byId('entry').addEventListener('submit', (event) => {
  event.preventDefault()
  byId('entry-problem').textContent = ''
  session.token = byId('token').value.trim()
  sessionStorage.setItem('token', session.token)
  refresh()
})
byId('search').addEventListener('submit', (event) => {
  event.preventDefault()
  refresh()
})
byId('state').addEventListener('change', refresh)
byId('leave').addEventListener('click', () => leave())
byId('language').addEventListener('click', () => speak(session.language === 'vi' ? 'en' : 'vi'))
document.addEventListener('visibilitychange', refresh)

speak(session.language)
refresh()
