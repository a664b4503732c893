import type { Client } from "#sdk/index.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { hookColumns, hookName } from "../../hook-table.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"

export const run = async ({ arguments: [hook = ""], options }: Given, io: Io): Promise<number> => {
  const { client, url } = connection(options, io)
  const { workflow, name } = await chosen(client, hook)
  const what = `give ${cleanLine(hookName({ workflow, name }))} another address, and refuse what is sent to the one it has`
  await confirm(what, options, io)
  const rotated = await client.hooks.rotate(workflow, name)
  if (flag(options, "json")) io.out(asJson(rotated))
  else printTable(io, hookColumns(url, io.now()), [rotated])
  io.note("Tell its senders the new address.")
  return exit_codes.done
}

/** A workflow's name is enough where it has one webhook. */
const chosen = async ({ hooks }: Client, hook: string) => {
  const [workflow = "", name] = hook.split("/")
  if (name !== undefined) return { workflow, name }
  const { items } = await hooks.list({ workflow })
  const webhooks = items.filter(({ type }) => type === "webhook")
  const [only] = webhooks
  if (only && webhooks.length === 1) return only
  const known = webhooks.map((one) => cleanLine(hookName(one))).join(", ")
  if (only) throw new Failure(exit_codes.usage, `Say which of its webhooks: ${known}.`)
  throw new Failure(exit_codes.not_found, `${cleanLine(hook)} has no webhook. See \`wf hooks list\`.`)
}
