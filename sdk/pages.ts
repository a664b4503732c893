import type { Page, PageOptions } from "./shapes.ts"

/** Every item of a list, page after page. */
export async function* allOf<Options extends PageOptions, Item>(
  list: (options: Options) => Promise<Page<Item>>,
  options: Options,
): AsyncGenerator<Item> {
  let next: Options | undefined = options
  while (next !== undefined) {
    const page: Page<Item> = await list(next)
    yield* page.items
    const cursor = page.next_cursor ?? undefined
    next = cursor === undefined ? undefined : { ...options, cursor }
  }
}
