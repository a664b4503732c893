import { printAccount } from "../../account-table.ts"
import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { findAccount } from "../../find-account.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [who = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id } = await findAccount(client, who)
  return printAccount(await client.accounts.resume(id), options, io)
}
