// Types of console-view.js for whoever checks it; the browser gets plain JavaScript.
export interface Cell {
  readonly text: string
  readonly isNumber?: boolean
  readonly isAlarm?: boolean
}

export interface Table {
  readonly headings: readonly { readonly text: string; readonly isNumber: boolean }[]
  readonly rows: readonly (readonly Cell[])[]
}

export type Language = 'vi' | 'en'

export const states: readonly string[]
export function ageText(seconds: number | null | undefined): string
export function timeText(iso: string | null | undefined): string
export function countEntries(stats: object, language: Language): { name: string; text: string; isAlarm?: boolean }[]
export function laneTable(queues: readonly object[], language: Language): Table
export function laneCondition(lane: object, language: Language): Cell
export function deliveryTable(items: readonly object[], language: Language): Table
