type RefusalReason =
  | "folder_in_use"
  | "folder_not_ours"
  | "data_missing"
  | "other_version"
  | "no_binaries"
  | "no_account"
  | "not_starting"

/** The embedded PostgreSQL won't start; the message says why and what to do. */
export class EmbeddedRefusal extends Error {
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string) {
    super(message)
    this.name = "EmbeddedRefusal"
    this.reason = reason
  }
}
