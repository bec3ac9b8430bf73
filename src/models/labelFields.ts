/** Whether this is what a label at this place is called that has no name. */
export const isPlaceholder = (name: string, index: number): boolean => name === `LABEL_${index}`;

/** How Transformers' config.json names the labels. */
export const labelFields = (names: readonly string[]) => ({
  id2label: Object.fromEntries(names.map((name, i) => [i, name])),
  label2id: Object.fromEntries(names.map((name, i) => [name, i])),
});

/** A config with a name for each label; `num_labels`, where it counts others, outweighs names in Python, so it goes. */
export const withLabels = (
  { num_labels: _, ...config }: Record<string, unknown>,
  names: readonly string[],
): Record<string, unknown> => ({ ...config, ...labelFields(names) });
