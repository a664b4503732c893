/** A mail to one person: as text, and the same as HTML. */
export type Message = {
  /** The same for each try, so that a mail that went out twice can be known as one. */
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** `refused` is for good: the same mail would be refused again. */
export type Sent = "sent" | "refused"

/** The one way in which mail leaves the platform. Throws when it could go out later. */
export type Mail = {
  send(message: Message): Promise<Sent>
  close(): void
}
