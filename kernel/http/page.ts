export type Page = { readonly limit: number; readonly cursor?: string | undefined }

export type PageOf<Item> = { items: Item[]; next_cursor: string | null }

/** Takes one row more than the page has, to know whether there are others. */
export const pageOf = <Item>(
  rows: readonly Item[],
  limit: number,
  cursorOf: (item: Item) => string,
): PageOf<Item> => {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next_cursor: last !== undefined && rows.length > limit ? cursorOf(last) : null }
}
