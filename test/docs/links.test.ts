// A page that points nowhere is worse than none.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pages, read, top } from './documentation.ts'

describe('links', () => {
  it.each(pages())('of %s resolve', (page) => {
    for (const link of relativeLinks(read(page))) expect.soft(whyBroken(page, link), link).toBe(undefined)
  })
})

it('docs/requirements.md names only files that are there', () => {
  const named = [...read('docs/requirements.md').matchAll(/`((?:src|test|schemas|migrations)\/[^`]*)`/g)]

  for (const [, file = ''] of named) expect.soft(existsSync(join(top, file)), file).toBe(true)
})

function relativeLinks(markdown: string): string[] {
  const withoutCode = markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
}

function whyBroken(page: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), decodeURI(path)))
  if (target.startsWith('..')) return `${target} lies outside`
  if (!existsSync(join(top, target))) return `${target} is not there`
  if (anchor === undefined || !target.endsWith('.md')) return undefined
  return anchorsOf(read(target)).includes(decodeURI(anchor)) ? undefined : `${target} has no heading #${anchor}`
}

/** As code hosts make them of headings. */
function anchorsOf(markdown: string): string[] {
  const headings = markdown.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  )
}
