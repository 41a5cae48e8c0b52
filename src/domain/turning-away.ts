// A receiver turned a document away "for now": whether it is offered again, and when, or counts as refused. Many at once
// are the receiver's trouble and not the documents': then nothing is offered again, and nothing refused, until it is over.

export interface TurningAway {
  /** How often this document was turned away before. */
  readonly timesBefore: number
  /** Waits before it is offered again, for the first time on; once more than there are, and it is refused. */
  readonly waitsSeconds: readonly number[]
  /** Documents the system turned away within `incidentMinutes`, this one among them. */
  readonly lately: number
  /** Re-offers to the system are paused already. */
  readonly isPaused: boolean
}

export type TurnedAway =
  | {
      readonly kind: 'offered_again'
      readonly times: number
      readonly afterSeconds: number
      readonly isPaused: boolean
    }
  | { readonly kind: 'refused'; readonly times: number }

/** Five in ten minutes are one incident (design §3). */
const incidentDocuments = 5
export const incidentMinutes = 10

export function turnedAway({ timesBefore, waitsSeconds, lately, isPaused: wasPaused }: TurningAway): TurnedAway {
  const isPaused = wasPaused || lately >= incidentDocuments
  const wait = waitsSeconds[timesBefore]
  if (wait !== undefined) return { kind: 'offered_again', times: timesBefore + 1, afterSeconds: wait, isPaused }
  if (!isPaused) return { kind: 'refused', times: timesBefore + 1 }
  // It is not counted, so that the document has its last offer after the incident.
  return { kind: 'offered_again', times: timesBefore, afterSeconds: waitsSeconds.at(-1) ?? 0, isPaused }
}
