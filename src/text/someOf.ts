/** The first of many names and how many more there are, never just one: "a, b, c and 4 more". */
export const someOf = (names: readonly string[], most: number): string =>
  names.length <= most + 1
    ? names.join(", ")
    : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
