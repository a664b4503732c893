import { fileURLToPath } from "node:url"
import { kept } from "./binary/kept.ts"
import { layDown } from "./binary/lay-down.ts"

export const examplesFolder = (): string =>
  kept === undefined ? fileURLToPath(new URL("../examples", import.meta.url)) : layDown(kept)
