import type { Account, Client } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

/** Anybody whom the platform knows, by their address or id. */
export const findAccount = async ({ accounts }: Client, who: string): Promise<Account> => {
  const found = who.includes("@")
    ? (await accounts.list({ email: who })).items[0]
    : await byId(accounts.all(), who.toLowerCase())
  if (found) return found
  throw new Failure(
    exit_codes.not_found,
    `There is no account \`${cleanLine(who)}\` here. \`wf admin accounts --all\` shows them.`,
  )
}

const byId = async (accounts: AsyncIterable<Account>, id: string): Promise<Account | undefined> => {
  for await (const account of accounts) if (account.id === id) return account
  return undefined
}
