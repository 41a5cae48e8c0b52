// What stands in a package and is not part of edXML as it is known here. The bytes travel on unchanged in any case; this
// keeps enough of it to show, and to notice when a repeat says something else (design D17).
import { createHash, type Hash } from 'node:crypto'
import type { UnknownElement } from '../domain/document-package.ts'
import { shortened } from './problems.ts'
import { edxmlNamespace } from './vocabulary.ts'

interface OpenElement {
  readonly path: string
  text: string
  hasChildren: boolean
}

export class UnknownElements {
  /** Of those that say something or are empty; groups show in the paths of what they hold. */
  count = 0
  readonly #kept: UnknownElement[] = []
  readonly #open: OpenElement[] = []
  /** Over what is not kept of the header. */
  #rest: Hash | undefined

  get isInside(): boolean {
    return this.#open.length > 0
  }

  enter(parentPath: string, name: { readonly uri: string; readonly local: string }): void {
    const around = this.#open.at(-1)
    if (around !== undefined) around.hasChildren = true
    const step = shortened(name.uri === edxmlNamespace ? name.local : `{${name.uri}}${name.local}`)
    const above = around?.path ?? parentPath
    this.#open.push({ path: pathBelow(above, step), text: '', hasChildren: false })
  }

  addText(text: string): void {
    const open = this.#open.at(-1)
    if (open !== undefined) open.text += text
  }

  leave(): void {
    const left = this.#open.pop()
    if (left === undefined) return
    const text = left.text.trim()
    if (text === '' && left.hasChildren) return
    this.count++
    if (this.#kept.length < keptMax) this.#kept.push(shown(left.path, text))
    else if (left.path.startsWith(header)) {
      this.#rest ??= createHash('sha256')
      this.#rest.update(`${left.path}\0${text}\0`)
    }
  }

  get all(): readonly UnknownElement[] {
    if (this.#rest === undefined) return this.#kept
    return [...this.#kept, { path: `${header}…`, sha256: this.#rest.copy().digest('hex') }]
  }
}

/** A path that is long enough stays as it is: sixty long names inside each other would be copied for every element. */
function pathBelow(above: string, step: string): string {
  if (above.length >= pathLengthMax) return above
  return above === '' ? step : `${above}/${step}`
}

function shown(path: string, text: string): UnknownElement {
  if (text === '') return { path }
  if (text.length <= textCharactersMax) return { path, text }
  return { path, text: shortened(text, textCharactersMax), sha256: createHash('sha256').update(text).digest('hex') }
}

const header = 'edXMLHeader/MessageHeader/'

// They are stored with the package and shown with it, so a stranger must not be able to make them many or long.
const keptMax = 100
const textCharactersMax = 500
const pathLengthMax = 500
