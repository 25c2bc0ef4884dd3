// The process's environment, handed to those that must pass parts of it on (the child's private environment, the search for its program). Nothing else reads it.
export const environment: Readonly<NodeJS.ProcessEnv> = process.env
