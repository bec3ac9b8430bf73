/** The file system's code for an error, such as "ENOENT"; undefined for an error of another kind. */
export const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
