// Types of console-texts.js for whoever checks it; the browser gets plain JavaScript.
export const texts: Readonly<Record<'vi' | 'en', Readonly<Record<string, string>>>>
export function say(language: string, name: string, values?: Readonly<Record<string, string | number>>): string
