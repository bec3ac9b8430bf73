const NAMED = /\{([^{}]+)\}/g;

/** The columns that a template such as "{title} [SEP] {body}" names in braces; none where it is no template. */
export const templateColumns = (template: string): string[] => [
  ...new Set([...template.matchAll(NAMED)].map(([, column]) => column)),
];

/** The template with what each named column holds in its place. */
export const fillTemplate = (template: string, cellOf: (column: string) => string): string =>
  template.replace(NAMED, (_, column: string) => cellOf(column));
