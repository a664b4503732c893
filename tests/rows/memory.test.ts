import { memoryAdapter } from "./memory-ground.ts"
import { rowsSuite } from "./rows.suite.ts"

rowsSuite("memory", () => Promise.resolve(memoryAdapter))
