// Ids that sort by the moment they were made (UUID version 7, RFC 9562 §5.7). Blobs find their folder by that moment,
// and index pages fill from the right, which is what keeps inserts cheap.
import { randomFillSync } from 'node:crypto'

// 26 bits count within one millisecond (RFC 9562 §6.2, method 1), seeded with 25 random ones: over 33 million ids
// would have to be made in the same millisecond before the order broke.
const counterMax = 2 ** 26
// Random bytes are drawn for many ids at once: a draw costs the same for 16 bytes as for 4,096.
const random = Buffer.alloc(4096)
let randomAt = random.length
let lastTime = -1
let counter = 0

/** A new id; ids made in the same millisecond of one process are in increasing order. */
export function uuidv7(now: number = Date.now()): string {
  const draw = nextRandom()
  const isSameMoment = now === lastTime && counter + 1 < counterMax
  counter = isSameMoment ? counter + 1 : draw.readUInt32BE(8) % (counterMax / 2)
  lastTime = now

  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(now, 0, 6)
  bytes.writeUInt16BE(0x7000 | (counter >>> 14), 6)
  bytes.writeUInt16BE(0x8000 | (counter & 0x3fff), 8)
  draw.copy(bytes, 10, 0, 6)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Sixteen random bytes that no other id uses. */
function nextRandom(): Buffer {
  if (randomAt + 16 > random.length) {
    randomFillSync(random)
    randomAt = 0
  }
  randomAt += 16
  return random.subarray(randomAt - 16, randomAt)
}

const uuidv7Pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

export function isUuidv7(id: string): boolean {
  return uuidv7Pattern.test(id)
}

/** The moment an id was made. Throws for anything that is not a UUIDv7 in lower case. */
export function uuidv7Time(id: string): Date {
  if (!isUuidv7(id)) throw new TypeError('not a UUIDv7')
  return new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))
}
