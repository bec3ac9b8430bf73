/** No file that people or libraries write nests deeper; what recurses over JSON is safe up to here. */
export const DEEPEST = 100;

/**
 * Whether a JSON text has lists and objects within each other more than `DEEPEST` deep. JSON.parse reads any depth, and whatever walks
 * over the value then, JSON.stringify the first, runs out of stack.
 */
export function nestedTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}

/** Where a string that begins at `start` ends; the text's length where it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}
