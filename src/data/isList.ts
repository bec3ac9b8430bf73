/** Whether a cell holds a list as JSON has it, or as Python writes it. */
export const isList = (cell: string): boolean => isPythonList(cell) || isJsonList(cell);

/** Whether a cell holds a list of texts that Python, or NumPy, wrote with its own quotes, which is no JSON. */
export const isPythonList = (cell: string): boolean =>
  /^\s*\[\s*['"].*['"]\s*,?\s*\]\s*$/s.test(cell) && !isJsonList(cell);

function isJsonList(cell: string): boolean {
  if (!/^\s*\[/.test(cell)) return false;
  try {
    return Array.isArray(JSON.parse(cell));
  } catch {
    return false;
  }
}
