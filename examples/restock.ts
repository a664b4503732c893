// The same as a YAML file could say, with the types of TypeScript: a name that isn't there doesn't compile.
//
//   ./wf run examples/restock.ts
//   ./wf plan examples/restock.ts
//
// The file is evaluated when it is pushed; what a task does is said here, and done by workers later.
import { each, expr, workflow, z } from "wf"

export const restock = workflow("restock", {
  description: "Looks at the shelves of some shops, and orders what is missing.",
  tags: ["example"],
  env: { SUPPLIER: "mill" },
})
  .input({
    shops: { type: "array", items: { type: "string" }, default: ["north", "south"] },
    shelf: { type: "integer", default: 40 },
  })
  // A task for each shop. `shop` is a reference: in a text it stands for `${{ item }}`.
  .task("count", ({ inputs }) =>
    each(inputs.shops, (shop) => ({
      run: `echo "Counting in "${shop}
echo "missing=$(( ${inputs.shelf} - $(printf %s ${shop} | wc -c) ))" >> "$WF_OUTPUT"`,
      outputs: { missing: z.int() },
      retries: { max_retries: 2 },
    })),
  )
  // Outputs have the types that were declared: of a task that runs for many, they are lists.
  .task("add_up", ({ tasks }) => ({
    needs: ["count"],
    uses: "script",
    with: {
      data: { missing: tasks.count.outputs.missing },
      code: "export default ({ data }) => ({ total: data.missing.reduce((sum, one) => sum + one, 0) })",
    },
    outputs: { total: z.int() },
  }))
  .task("order", ({ tasks, env }) => ({
    needs: ["add_up"],
    if: expr`${tasks.add_up.outputs.total} > 0`,
    run: `echo "Ordering "${tasks.add_up.outputs.total}" loaves at the "${env.SUPPLIER}`,
  }))
  .onFailure("alarm", ({ run }) => ({ run: `echo "Run "${run.id}" has failed."` }))
