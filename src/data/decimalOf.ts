/**
 * A number's one spelling, exact however many digits it has: "0" for "0.0", "-0" and "0e5", "1" for "1.0" and "+1". Null for what is no
 * number in decimal notation. Digits may be those of half the width of a Chinese character, or of all of it: "１".
 */
export function decimalOf(text: string): string | null {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(halfWidth(text));
  if (!match || match[2] + match[3] === "") return null;
  const [, sign, whole, fraction, power = "0"] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  const exponent = Number(power) - fraction.length + digits.length - significant.length;
  return `${sign === "-" ? "-" : ""}${plain(significant, exponent)}`;
}

/** Fullwidth characters, as East Asian keyboards type them, lie this far above those of ASCII. */
const FULL_WIDTH = 0xfee0;

const halfWidth = (text: string): string =>
  text.replace(/[０-９．－＋]/g, (character) => String.fromCharCode(character.charCodeAt(0) - FULL_WIDTH));

/** Digits · 10^exponent, written out where that is not longer than a table's cell. */
function plain(digits: string, exponent: number): string {
  if (Math.abs(exponent) > 30) return `${digits}e${exponent}`;
  if (exponent >= 0) return digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
