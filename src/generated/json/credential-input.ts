/* Made by `npm run generate`; never edited. */

/**
 * A further credential of a system.
 */
export interface CredentialInput {
  /**
   * What it is for; `main` is kept for the credential a system is registered with.
   */
  label: string
  /**
   * The part of the system's agencies it speaks for; absent: all of them.
   *
   * @minItems 1
   * @maxItems 20000
   */
  agencies?: [string, ...string[]]
}
