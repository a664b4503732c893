import { drive, type Load } from "./drive.ts"

/** The generator is a process of its own: whoever measures must not wait for what it measures. */
const load = JSON.parse(process.argv[2] ?? "") as Load
process.stdout.write(`${JSON.stringify(await drive(load))}\n`)
