/* Made by `npm run generate`; never edited. */

/**
 * How long what is kept, counted from the end of the last delivery. Nothing that is not final, under a legal hold, stopped, asked back or the subject of an open alert ever goes.
 */
export interface RetentionPolicy {
  /**
   * Days after which the bytes of a package go, by its kind and state. Its row stays, with hash, size and receipt.
   */
  content: {
    new: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
    update: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
    replace: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
    recall: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
    status: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
    report: {
      /**
       * Everybody has it, or it was withdrawn; null: for ever.
       */
      completed: number | null
      /**
       * Somebody refused it or never took it; null: for ever.
       */
      completed_with_failures: number | null
      /**
       * Nobody has it any more; null: for ever.
       */
      recalled: number | null
    }
  }
  rows: {
    /**
     * When deliveries and the large columns of a package move into the tables of old ones; never before its bytes have gone; null: for ever.
     */
    moveOutAfterDays: number | null
  }
  /**
   * Months after which a month of an append-only table is taken off.
   */
  history: {
    /**
     * The timeline; null: for ever.
     */
    events: number | null
    /**
     * Tries at deliveries; null: for ever.
     */
    attempts: number | null
    /**
     * Who changed what; null: for ever.
     */
    audit: number | null
  }
}
