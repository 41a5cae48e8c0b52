// The subscribers of a measurement as a process of their own, told what to do by messages.
import { subscriberOrder } from './bench-messages.ts'
import { answerMessages } from './child-process.ts'
import { createSubscribers } from './subscribers.ts'

const subscribers = createSubscribers()

answerMessages(async (message) => {
  const { kind, deliveries = 0, withinMs = 0, documentId = '', path = '', afterMs } = subscriberOrder(message, 'order')
  switch (kind) {
    case 'listen':
      return subscribers.listen()
    case 'wait':
      return subscribers.untilArrived(deliveries, withinMs)
    case 'arrival':
      return { at: await subscribers.arrivalOf(documentId, withinMs) }
    case 'answer':
      subscribers.answer(path, afterMs ?? 'never')
      return {}
    case 'reset':
      subscribers.reset()
      return {}
    default:
      throw new Error(`subscribers know no order "${kind}"`)
  }
})
