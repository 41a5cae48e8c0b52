// A disk for the blob folder that can be full at a word: a tmpfs whose limit is drawn down to what is on it. It takes
// root and a kernel that lets us mount.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmdirSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterDeath } from '../support/scratch.ts'

export interface SmallDisk {
  fill(): void
  free(): void
  remove(): void
}

/** Only what is stored takes memory. Large, because the gateway keeps a reserve of a large disk's size. */
const size = '32g'

export function createSmallDisk(folder: string): SmallDisk {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!mount('-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tram-chaos', folder)) throw new Error(noSmallDisk)
  const guard = afterDeath(`umount -l '${folder}'`)
  const hasLimit = (bytes: string) => mount('-o', `remount,size=${bytes}`, folder)
  return {
    fill() {
      // A limit below what is used is refused, and more may be written while we ask; a page is left, which holds nothing.
      for (let attempt = 1; attempt <= 50; attempt++) {
        const { blocks, bfree, bsize } = statfsSync(folder)
        if (hasLimit(String((blocks - bfree + attempt) * bsize))) return
      }
      throw new Error(`${folder} could not be filled`)
    },
    free() {
      if (!hasLimit(size)) throw new Error(`${folder} could not be freed`)
    },
    remove() {
      spawnSync('umount', ['-l', folder])
      guard.disarm()
    },
  }
}

function mount(...words: string[]): boolean {
  return spawnSync('mount', words, { stdio: 'ignore' }).status === 0
}

/** Undefined where a disk can be mounted; else why not. */
export const noSmallDisk = canMount() ? undefined : 'mounting a small disk takes root and a kernel that allows it'

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'tram-chaos-mount-'))
  const works = mount('-t', 'tmpfs', '-o', 'size=1m', 'tram-chaos', folder)
  if (works) spawnSync('umount', [folder])
  rmdirSync(folder)
  return works
}
