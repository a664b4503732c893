import { printAccount } from "../../account-table.ts"
import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { findAccount } from "../../find-account.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id, email } = await findAccount(client, who)
  await confirm(`keep ${cleanLine(email)} out of the platform and end their sessions`, options, io)
  return printAccount(await client.accounts.suspend(id), options, io)
}
