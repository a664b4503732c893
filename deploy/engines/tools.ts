const tools = {
  java: "Java 17 or newer with its compiler: `apt install openjdk-17-jdk-headless` or `brew install openjdk@17`",
  mvn: "Apache Maven: `apt install maven` or `brew install maven`",
  go: "Go 1.24 or newer: https://go.dev/doc/install",
  python3: "Python 3.9 or newer with venv: `apt install python3 python3-venv` or `brew install python`",
} as const

export type Tool = keyof typeof tools

export const missingTools = (needs: readonly Tool[]) => needs.filter((tool) => Bun.which(tool) === null)

/** Names every tool that is missing, and how to get it. */
export const requireTools = (engine: string, needs: readonly Tool[]) => {
  const missing = missingTools(needs)
  if (missing.length === 0) return
  const lines = missing.map((tool) => `  ${tool}: ${tools[tool]}`)
  throw new Error(`${engine} can't be installed or started without:\n${lines.join("\n")}`)
}
