type Encryption = "disable" | "require" | "verify-full"

/** Where a PostgreSQL is and as whom to speak to it. */
export type Address = {
  /** A host name, or the absolute folder of a unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
  readonly encryption: Encryption
}

const encryptions: Readonly<Record<string, Encryption>> = {
  disable: "disable",
  prefer: "require",
  require: "require",
  "verify-ca": "verify-full",
  "verify-full": "verify-full",
}

const encryptionOf = (mode: string): Encryption => {
  const encryption = encryptions[mode]
  if (encryption === undefined) throw new Error(`sslmode=${mode} is not supported`)
  return encryption
}

/** Reads `postgres://user:password@host:port/database?host=/socket/folder&sslmode=verify-full`, as libpq does. */
export const parseAddress = (text: string): Address => {
  const url = new URL(text)
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new Error(`A PostgreSQL URL begins with postgres://, not ${url.protocol}`)
  }
  const user = decodeURIComponent(url.username) || "postgres"
  return {
    host: url.searchParams.get("host") || decodeURIComponent(url.hostname) || "127.0.0.1",
    port: Number(url.port || 5432),
    user,
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    encryption: encryptionOf(url.searchParams.get("sslmode") ?? "disable"),
  }
}
