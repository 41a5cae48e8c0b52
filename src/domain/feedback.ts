// Status feedback: what the codes mean and which may follow which, per document and recipient (edxml.md §2.3, §2.4).
// Transport state is another thing altogether and lives in delivery.ts (design D9).

export const statusCodes = ['01', '02', '03', '04', '05', '06', '13', '15', '16'] as const
export type StatusCode = (typeof statusCodes)[number]

/** Where a document stands with one recipient, as the agencies themselves reported it. */
export interface BusinessState {
  /** Furthest receiver status, none while nothing was reported. */
  readonly code?: StatusCode
  /** A recall asked for by status 13 or package type 1, and not yet answered. */
  readonly recallRequested: boolean
  readonly recalled: boolean
  /** An update or a replacement of the document was sent (package type 2, 3), and not yet answered. */
  readonly updateRequested: boolean
}

export const nothingReported: BusinessState = { recallRequested: false, recalled: false, updateRequested: false }

/**
 * What a status does to the state.
 * `moved`: the state went forward · `late`: an earlier stage arriving after a later one, recorded ·
 * `repeated`: said already · `illegal`: recorded, flagged, and still passed on (a gateway hides no evidence) ·
 * `unknown_code`: kept raw.
 */
export type StatusEffect = 'moved' | 'late' | 'repeated' | 'illegal' | 'unknown_code'

export interface StatusJudgement {
  readonly effect: StatusEffect
  readonly state: BusinessState
}

const mayFollow: Readonly<Record<string, readonly string[]>> = {
  none: ['01', '02', '03'],
  '01': ['02', '03'],
  '02': [],
  '03': ['04', '05', '06'],
  '04': ['04', '05', '06'],
  '05': ['05', '06'],
  '06': [],
}

/** What a recipient is asked: to give the document back, or to take its newer form. */
export type Question = 'recall' | 'update'

/**
 * Judges one reported status against the state so far. Codes 13, 15 and 16 belong to the recall, not to handling.
 * `question` is what 15 or 16 answers. Where the answer leaves that open, a recall comes before an update: who gives the
 * document back updates nothing.
 */
export function judgeStatus(state: BusinessState, code: string, question = openQuestion(state)): StatusJudgement {
  if (!isStatusCode(code)) return { effect: 'unknown_code', state }
  if (code === '13') return judgeRecallRequest(state)
  if (code === '15' || code === '16') return judgeAnswer(state, code, question)
  if (state.recalled) return { effect: 'illegal', state }
  const current = state.code ?? 'none'
  if (mayFollow[current]?.includes(code)) return { effect: 'moved', state: { ...state, code } }
  if (current === code) return { effect: 'repeated', state }
  if (current === '02' || code === '02') return { effect: 'illegal', state }
  // Nothing is ordered on an asynchronous bus: a later stage may come first, an earlier one after it.
  if (code > current || current === 'none') return { effect: 'moved', state: { ...state, code } }
  return { effect: 'late', state }
}

function judgeRecallRequest(state: BusinessState): StatusJudgement {
  if (state.recalled || state.code === '02') return { effect: 'illegal', state }
  if (state.recallRequested) return { effect: 'repeated', state }
  return { effect: 'moved', state: { ...state, recallRequested: true } }
}

export function openQuestion(state: BusinessState): Question | undefined {
  if (state.recallRequested) return 'recall'
  return state.updateRequested ? 'update' : undefined
}

/** 15 agrees, 16 declines; an answer to what nobody asks, or asks no more, is illegal. */
function judgeAnswer(state: BusinessState, code: '15' | '16', question: Question | undefined): StatusJudgement {
  if (question === 'recall' && state.recallRequested) {
    return { effect: 'moved', state: { ...state, recallRequested: false, recalled: code === '15' } }
  }
  if (question === 'update' && state.updateRequested) {
    return { effect: 'moved', state: { ...state, updateRequested: false } }
  }
  return { effect: 'illegal', state }
}

export function isStatusCode(code: string): code is StatusCode {
  return (statusCodes as readonly string[]).includes(code)
}

/** Codes whose Description must say why (edxml.md §2.2). */
export function needsReason(code: string): boolean {
  return code === '02' || code === '13' || code === '16'
}
