// What a header says that decides whether there is room for the package. Read off the tree before the header is judged:
// what turns out to be wrong with it later is refused then.
import type { StoredFacts } from '../domain/storage-reserve.ts'
import { isStatus } from './assemble-package.ts'
import { knownPriority } from './decode-document.ts'
import type { ElementNode } from './element-tree.ts'

export function storedFacts(header: ElementNode): StoredFacts {
  const messageHeader = header.find('MessageHeader')
  const priority = knownPriority(messageHeader?.valueOf('OtherInfo/Priority') ?? '0') ?? 0
  if (messageHeader !== undefined && isStatus(messageHeader)) return { kind: 'status', priority }
  const operation = header.valueOf('TraceHeaderList/Bussiness/BussinessDocType')
  return { kind: operation !== undefined && /^0?1$/.test(operation) ? 'recall' : 'document', priority }
}
