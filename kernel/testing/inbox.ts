import { SMTPServer } from "smtp-server"
import { until } from "./until.ts"

export type Received = { readonly from: string; readonly to: string; readonly source: string }

/** A mail server on this machine that keeps what it is sent. */
export type Inbox = {
  readonly url: string
  received(address: string): readonly Received[]
  /** The first mail to the address that wasn't asked for yet, once it is there. */
  next(address: string): Promise<Received>
  /** Answers mail to this address with the code from now on; 0 takes it again. */
  refuse(address: string, code: number): void
  close(): Promise<void>
}

export const openInbox = async (): Promise<Inbox> => {
  const kept: Received[] = []
  const taken = new Set<Received>()
  const refused = new Map<string, number>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS", "AUTH"],
    logger: false,
    onRcptTo({ address }, _session, done) {
      const code = refused.get(address) ?? 0
      if (code === 0) done()
      else done(Object.assign(new Error("not now"), { responseCode: code }))
    },
    onData(stream, { envelope }, done) {
      const pieces: Buffer[] = []
      stream.on("data", (piece: Buffer) => pieces.push(piece))
      stream.on("end", () => {
        const source = Buffer.concat(pieces).toString("utf8")
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address
        for (const { address: to } of envelope.rcptTo) kept.push({ from, to, source })
        done()
      })
    },
  })
  const port = await new Promise<number>((resolve) => {
    const listener = server.listen(0, "127.0.0.1", () => {
      const place = listener.address()
      resolve(typeof place === "object" && place !== null ? place.port : 0)
    })
  })
  const received = (address: string) => kept.filter(({ to }) => to === address)
  return {
    url: `smtp://127.0.0.1:${port}`,
    received,
    async next(address) {
      const found = await until(`there is mail for ${address}`, async () =>
        received(address).find((mail) => !taken.has(mail)),
      )
      taken.add(found)
      return found
    },
    refuse(address, code) {
      refused.set(address, code)
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What a person reads of a mail: its part as text. */
export const textOf = ({ source }: Received): string => {
  const [, encoding = "", body = ""] =
    /Content-Type: text\/plain[\s\S]*?Content-Transfer-Encoding: (\S+)\r\n\r\n([\s\S]*?)\r\n(?:----|$)/.exec(
      source,
    ) ?? []
  if (encoding === "base64") return Buffer.from(body, "base64").toString("utf8")
  if (encoding !== "quoted-printable") return body
  const bytes = body
    .replaceAll("=\r\n", "")
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, "latin1").toString("utf8")
}
