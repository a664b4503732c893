import { Problem } from "#kernel/problem/problem.ts"
import { type BundleName, type Bundles, bundleKey } from "./keep.ts"

/** For a worker: it is believed about whose tasks it runs. */
export const giveBundle =
  ({ blob }: Pick<Bundles, "blob">) =>
  async (name: BundleName): Promise<Uint8Array> => {
    const opened = await blob.open(bundleKey(name))
    if (opened) return new Uint8Array(await new Response(opened.body).arrayBuffer())
    throw new Problem("bundle.not_found")
  }
