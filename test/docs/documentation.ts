// The documentation as the tests of this folder read it: its files, and the fenced blocks in them.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const top = fileURLToPath(new URL('../../', import.meta.url))

export function read(file: string): string {
  return readFileSync(`${top}${file}`, 'utf8')
}

/** Every page, relative to the top folder. */
export function pages(): string[] {
  const files = readdirSync(`${top}docs`, { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  )
  return ['README.md', ...files.filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`)].sort()
}

export interface Block {
  readonly language: string
  /** What follows the language, e.g. `runnable` and `save-as=receive.mjs`. */
  readonly words: readonly string[]
  readonly text: string
}

/** The fenced blocks of a page, in order. */
export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\S+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', words = '', text = '']) => ({
      language,
      words: words.split(/\s+/).filter(Boolean),
      text,
    }),
  )
}

/** Blocks that a reader may run from top to bottom, and that the tests do run. */
export function runnableBlocks(file: string): Block[] {
  return blocksOf(read(file)).filter((block) => block.words.includes('runnable'))
}
