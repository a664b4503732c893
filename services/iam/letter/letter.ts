import type { Role } from "#kernel/auth/permissions.ts"

/** What somebody is to be told by mail. What becomes of it is found out when it is sent, not when it is asked for. */
export type Letter =
  | {
      readonly kind: "register"
      readonly email: string
      readonly name: string
      readonly password_hash: string
      readonly token: string
    }
  | { readonly kind: "reset"; readonly email: string; readonly token: string }
  | {
      readonly kind: "invite"
      readonly email: string
      readonly token: string
      readonly invited_by: string
      readonly workspace: string
      readonly role: Role
      readonly expires_at: string
    }

/** How identity's mail leaves; there is none where no server for it is set. */
export type Letters = {
  /** What letters are encrypted under while they wait. */
  readonly secret: Uint8Array
  /** Where the platform is reached by those who read them. */
  readonly public_url: string
  /** Told when one was posted. */
  readonly wake: () => void
}
