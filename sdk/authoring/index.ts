export { z } from "zod"
export { expr } from "./ref.ts"
export { each, workflow } from "./workflow.ts"
