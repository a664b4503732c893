/** Workflow files that are imported as text. */
declare module "*.yml"
