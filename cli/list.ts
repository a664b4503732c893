import { asJson, cleanLine } from "./clean.ts"
import { flag, type Given, type Options, text } from "./command.ts"
import { exit_codes } from "./exit.ts"
import type { Io } from "./io.ts"
import { type Column, printTable } from "./table.ts"

export type Listing<Item> = {
  readonly columns: readonly Column<Item>[]
  readonly first: () => Promise<{ readonly items: readonly Item[]; readonly next_cursor: string | null }>
  readonly all?: () => AsyncIterable<Item>
  /** Said to a person when there is nothing. */
  readonly empty: string
}

/** The three faces of every list: a table, tab-separated values, the API's object. */
export const printList = async <Item>(
  { options }: Given,
  listing: Listing<Item>,
  io: Io,
): Promise<number> => {
  if (flag(options, "all") && listing.all) {
    if (io.out_is_tty && !flag(options, "json")) {
      showPage(await Array.fromAsync(listing.all()), listing, io)
      return exit_codes.done
    }
    for await (const item of listing.all()) {
      if (flag(options, "json")) io.out(asJson(item))
      else printTable(io, listing.columns, [item])
    }
    return exit_codes.done
  }
  const page = await listing.first()
  if (flag(options, "json")) {
    io.out(asJson(page))
    return exit_codes.done
  }
  showPage(page.items, listing, io)
  if (page.next_cursor !== null && io.out_is_tty) io.note("There are more: `--all` shows all of them.")
  return exit_codes.done
}

const showPage = <Item>(items: readonly Item[], { columns, empty }: Listing<Item>, io: Io): void => {
  if (items.length === 0 && io.out_is_tty) io.note(empty)
  else printTable(io, columns, items)
}

type One<Item> = { readonly columns: readonly Column<Item>[]; readonly item: Item }

/** One of a list, as the list shows it. */
export const printOne = <Item>(options: Options, { columns, item }: One<Item>, io: Io): number => {
  if (flag(options, "json")) io.out(asJson(item))
  else printTable(io, columns, [item])
  return exit_codes.done
}

type Fields = { readonly item: unknown; readonly title: string; readonly shown: readonly string[] }

/** One thing, a field a line; or only the one that is asked for. */
export const printFields = (options: Options, { item, title, shown }: Fields, io: Io): number => {
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(item, field)))
  else if (flag(options, "json")) io.out(asJson(item))
  else {
    const columns = [
      { title, full: (path: string) => path },
      { title: "value", full: (path: string) => fieldText(item, path) },
    ]
    printTable(io, columns, shown)
  }
  return exit_codes.done
}

/** `a.b` of an object, as raw text. */
export const fieldText = (value: unknown, path: string): string => {
  let found = value
  for (const name of path.split(".")) {
    const inside = typeof found === "object" && found !== null && Object.hasOwn(found, name)
    found = inside ? (found as Record<string, unknown>)[name] : undefined
  }
  if (found === undefined || found === null) return ""
  return typeof found === "object" ? asJson(found) : String(found)
}
