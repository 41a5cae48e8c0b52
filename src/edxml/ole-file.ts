// The older office files, installers and mails share one container (MS-CFB). What is in it shows in the names of its
// directory, which stands at a place that the first bytes name, often near the end of the file.

export interface OleFacts {
  readonly mediaType: string
  readonly hasMacros: boolean
}

export interface Place {
  readonly offset: number
  readonly length: number
}

export const oleMagic = Buffer.from('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1', 'latin1')

/** As much of the head as the place of the directory is known from. */
export const oleHeaderBytes = 512

/** Where the directory begins; its first entries, which is all that is looked at, follow each other in nearly every file. */
export function oleDirectoryPlace(head: Buffer): Place | undefined {
  if (head.length < oleHeaderBytes || !head.subarray(0, oleMagic.length).equals(oleMagic)) return undefined
  const sectorShift = head.readUInt16LE(30)
  if (sectorShift !== 9 && sectorShift !== 12) return undefined
  return { offset: (head.readUInt32LE(48) + 1) * 2 ** sectorShift, length: directoryBytes }
}

export function oleFacts(directory: Buffer): OleFacts {
  const entries = entriesOf(directory)
  const names = new Set(entries.map(({ name }) => name))
  const kind = kinds.find(({ names: known }) => known.some((name) => names.has(name)))
  const isInstaller = entries.some(({ classId }) => installerClasses.some((known) => classId.equals(known)))
  return {
    mediaType: isInstaller ? 'application/x-msi' : (kind?.mediaType ?? 'application/x-ole-storage'),
    hasMacros: macroNames.some((name) => names.has(name)),
  }
}

function entriesOf(directory: Buffer): { name: string; classId: Buffer }[] {
  const entries: { name: string; classId: Buffer }[] = []
  for (let at = 0; at + entryBytes <= directory.length; at += entryBytes) {
    const nameBytes = directory.readUInt16LE(at + 64)
    const isUsed = nameBytes >= 2 && nameBytes <= 64 && usedTypes.includes(directory.readUInt8(at + 66))
    if (!isUsed) continue
    const name = directory.toString('utf16le', at, at + nameBytes - 2)
    entries.push({ name, classId: directory.subarray(at + 80, at + 96) })
  }
  return entries
}

const entryBytes = 128
const directoryBytes = 64 * entryBytes

// Storage, stream, root.
const usedTypes = [1, 2, 5]

const kinds = [
  { names: ['WordDocument'], mediaType: 'application/msword' },
  { names: ['Workbook', 'Book'], mediaType: 'application/vnd.ms-excel' },
  { names: ['PowerPoint Document'], mediaType: 'application/vnd.ms-powerpoint' },
  { names: ['__properties_version1.0'], mediaType: 'application/vnd.ms-outlook' },
]
const macroNames = ['VBA', '_VBA_PROJECT', '_VBA_PROJECT_CUR', 'Macros']

// {000C1084-0000-0000-C000-000000000046}, an installation, and …1086, a change to one.
const installerClasses = ['84', '86'].map((byte) => Buffer.from(`${byte}100c0000000000c000000000000046`, 'hex'))
