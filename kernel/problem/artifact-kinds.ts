/** What is refused about the files of runs. */
export const artifactKinds = {
  "artifact.not_found": {
    status: 404,
    title: "There is no such artifact",
    next: "See `wf artifacts list RUN`.",
  },
  "artifact.link_invalid": {
    status: 403,
    title: "This link is not valid, or not any more",
    next: "Ask for a new one with `POST …/presign`.",
  },
  "artifact.range_invalid": {
    status: 416,
    title: "The file has no such range",
    next: "Ask for a range within the file's size.",
  },
  "artifact.name_invalid": {
    status: 422,
    title: "The artifact's name is not valid",
    next: "Use a relative path without `..`, control characters or a leading slash.",
  },
  "artifact.name_taken": {
    status: 409,
    title: "Another task of this run has kept a file of this name",
    next: "Keep it under another name, or in a folder of the task's own.",
  },
  "artifact.too_large": {
    status: 413,
    title: "The artifact is too large",
    next: "Split it, or raise the limit in the artifact service's settings.",
  },
  "artifact.quota_exceeded": {
    status: 507,
    title: "The workspace's room for files is used up",
    next: "Remove files, or runs that have some; `wf artifacts usage` shows how much there is. WF_ARTIFACT_QUOTA_BYTES sets it.",
  },
  "artifact.damaged": {
    status: 422,
    title: "The file is not what it was said to be",
    next: "Send it again, with the checksum or the size that it has.",
  },
  "artifact.not_kept": {
    status: 507,
    title: "The place for files takes none at the moment",
    next: "Make room there, or let the platform write there, and send it again.",
  },
} as const
