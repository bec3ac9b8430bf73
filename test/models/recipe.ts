/**
 * Which parameters the PyTorch recipe freezes, selected by parts of their names: what contains one of `below`, and one of the
 * first n blocks, whose name `block` gives with {} for its number.
 */
export const recipe = (below: string[], block: string) => (name: string, n: number) =>
  [...below, ...Array.from({ length: n }, (_, i) => block.replace("{}", `${i}`))].some((part) =>
    name.includes(part),
  );
