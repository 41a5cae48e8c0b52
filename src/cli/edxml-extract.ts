// Attachments as files of a folder: under names that are safe anywhere, never outside the folder, never over another file.
import { constants } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { Attachment } from '../domain/document-package.ts'
import { safeFileName } from '../domain/file-name.ts'
import type { KeptContents } from './edxml-contents.ts'

export interface ExtractedFile {
  readonly attachment: Attachment
  /** In the folder. */
  readonly name: string
  readonly path: string
}

export async function extractAttachments(
  attachments: readonly Attachment[],
  contents: KeptContents,
  folder: string,
): Promise<ExtractedFile[]> {
  await mkdir(folder, { recursive: true })
  const extracted: ExtractedFile[] = []
  for (const attachment of attachments) {
    const name = await putUnderFreeName(folder, safeFileName(attachment.name), (path) =>
      put(attachment, contents, path),
    )
    extracted.push({ attachment, name, path: join(folder, name) })
  }
  return extracted
}

async function put(attachment: Attachment, contents: KeptContents, path: string): Promise<void> {
  // A file without a wrapper is copied, for it may be larger than the memory.
  if (attachment.inner === undefined) await copyFile(contents.pathOf(attachment), path, constants.COPYFILE_EXCL)
  else await writeFile(path, await contents.bytesOf(attachment), { flag: 'wx' })
}

/** `a.pdf`, else `a (2).pdf` and so on: the system refuses to write over a file, so nobody can come in between. */
async function putUnderFreeName(folder: string, name: string, putAt: (path: string) => Promise<void>): Promise<string> {
  for (let number = 1; number <= namesMax; number++) {
    const tried = number === 1 ? name : numbered(name, number)
    try {
      await putAt(join(folder, tried))
      return tried
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
  throw new Error(`${folder} holds ${namesMax} files called ${name}`)
}

function numbered(name: string, number: number): string {
  const ending = extname(name)
  return safeFileName(`${name.slice(0, name.length - ending.length)} (${number})${ending}`)
}

/** A package holds ten thousand files at most. */
const namesMax = 20_000
