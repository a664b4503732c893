import { includes, operations, type Permission, permissions, roles } from "#kernel/auth/permissions.ts"

type Document = { readonly paths?: Readonly<Record<string, object>> | undefined }

type Operation = { readonly id: string; readonly door: string }

const operationsIn = ({ paths = {} }: Document): readonly Operation[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { operationId: string }>).map(([method, { operationId: id }]) => ({
      id,
      door: `${method.toUpperCase()} ${path.replace("/api/v1/", "")}`,
    })),
  )

const asked_of_all = { signed_in: "whoever is signed in", open: "nobody in particular" } as const

/** Each operation of the document, with what the table asks for; a missing one is told apart. */
const rowsOf = (document: Document): readonly (Operation & { readonly asks: string })[] =>
  operationsIn(document).map((operation) => ({ ...operation, asks: operations[operation.id] ?? "missing" }))

const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n")
}

/** What the table of permissions lacks, and what it names though no operation is called so. */
export const unlisted = (document: Document): readonly string[] => {
  const ids = new Set(operationsIn(document).map(({ id }) => id))
  const missing = [...ids].filter((id) => !Object.hasOwn(operations, id))
  return [...missing, ...Object.keys(operations).filter((id) => !ids.has(id))]
}

/** Who may do what, as a page. */
export const permissionsText = (document: Document): string => {
  const names = Object.keys(permissions) as Permission[]
  const rows = rowsOf(document)
  const mayOf = (name: Permission) => roles.map((role) => (includes(role, name) ? "yes" : ""))
  const doorsOf = (asks: string) =>
    rows.filter((row) => row.asks === asks).map(({ door, id }) => [`\`${door}\``, id])
  return [
    "# Permissions",
    "",
    "Generated from `kernel/auth/permissions.ts` and the API's document by `bun run generate`. Every service checks the caller itself; another",
    "workspace's things are not found (404), what one's role lacks is refused (403).",
    "",
    "## What each role includes",
    "",
    tableOf(
      ["permission", ...roles],
      names.map((name) => [`\`${name}\``, ...mayOf(name)]),
    ),
    "",
    "## What each operation asks for",
    "",
    tableOf(
      ["asks for", "operation", "called"],
      [...names, "signed_in", "open"].flatMap((asks) =>
        doorsOf(asks).map((door) => [asked_of_all[asks as "open"] ?? `\`${asks}\``, ...door]),
      ),
    ),
    "",
  ].join("\n")
}
