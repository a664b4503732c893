export { z } from "zod"
export { calls } from "./calls.ts"
export { expr } from "./ref.ts"
export { each, workflow } from "./workflow.ts"
