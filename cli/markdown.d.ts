/** Pages that are imported as text. */
declare module "*.md"
