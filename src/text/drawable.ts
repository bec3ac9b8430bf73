/**
 * A text as SVG and HTML can hold it: XML has no way to write control characters and halves of surrogate pairs, and a name that holds
 * one would take the whole picture with it. Unicode has a picture for each of the first 32.
 */
export function drawable(text: string): string {
  return text.replace(/(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, (c) => {
    const code = c.codePointAt(0)!;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}
