/** The pages that `wf help` has, and what they are about. */
export const topics = {
  environment: "the variables that wf reads",
  profiles: "platforms that are remembered, and where tokens are kept",
  output: "tables and tabs, --json and --field; colours, pager",
  inputs: "what runs are given: -i, --inputs, and how values are read",
  "exit-codes": "what a command answers to its caller",
  debugging: "when something doesn't work: doctor, --debug, request ids",
  completion: "TAB in bash, zsh and fish",
  "workflow-files": "all that a workflow's file may hold",
  expressions: "what ${{ … }} can do, with its functions",
  executors: "shell, script, http, container: what tasks are run by",
  "remote-workers": "programs of yours that run tasks",
  notifications: "being told of what fails or waits: inbox, mail, webhooks",
  permissions: "what each role may do",
  "single-sign-on": "signing in at an identity provider",
} as const

export type Topic = keyof typeof topics

export const isTopic = (text: string): text is Topic => Object.hasOwn(topics, text)
