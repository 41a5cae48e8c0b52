// A name under which a file can be saved anywhere. What the sender wrote is never changed; this stands beside it.

/** The name itself where it is safe. */
export function safeFileName(name: string): string {
  const visible = name.replace(unseen, '').replace(forbidden, '_')
  const bare = visible.replace(/[. ]+$/, '').replace(/^ +/, '')
  const usable = deviceName.test(bare) ? `_${bare}` : bare
  return shortenedName(usable === '' ? '_' : usable)
}

export function isSafeFileName(name: string): boolean {
  return safeFileName(name) === name
}

/** The ending says what opens the file, so it is the beginning that is cut. */
function shortenedName(name: string): string {
  if (Buffer.byteLength(name) <= nameBytesMax) return name
  const ending = /\.[^.]{1,10}$/.exec(name)?.[0] ?? ''
  const room = nameBytesMax - Buffer.byteLength(ending)
  let base = ''
  let bytes = 0
  for (const character of name.slice(0, name.length - ending.length)) {
    bytes += Buffer.byteLength(character)
    if (bytes > room) break
    base += character
  }
  return `${base.trimEnd()}${ending}`
}

// Most file systems take 255 bytes; a Vietnamese letter may need three.
const nameBytesMax = 255

// Control characters, and marks that change the direction of writing: `gpj.exe` can be made to read `exe.jpg`.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

// Folders, drives and wildcards.
const forbidden = /[/\\:*?"<>|]/g

// Names that Windows keeps for devices, whatever ending follows.
const deviceName = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i
