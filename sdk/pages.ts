import type { Page, PageOptions } from "./shapes.ts"
import type { Call } from "./transport.ts"

/** The most that a page has. */
const page_size = 200

/** Every item of a list, page after page. */
export async function* allOf<Options extends PageOptions, Item>(
  list: (options: Options) => Promise<Page<Item>>,
  options: Options,
): AsyncGenerator<Item> {
  const whole = { limit: page_size, ...options }
  let next: Options | undefined = whole
  while (next !== undefined) {
    const page: Page<Item> = await list(next)
    yield* page.items
    const cursor = page.next_cursor ?? undefined
    next = cursor === undefined ? undefined : { ...whole, cursor }
  }
}

type Filter = Readonly<Record<string, string | number | boolean | undefined>>

/** What asks for a page of a list. */
export const pageCall = (path: string, options: PageOptions): Call => {
  const { signal, ...query } = options
  return { path, query: query satisfies PageOptions as Filter, ...(signal && { signal }) }
}
