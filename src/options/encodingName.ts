/** An encoding by whatever name Python, iconv or the web call it: the web's name, or null where nobody does. */
export function encodingName(name: string): string | null {
  const plain = name.trim().toLowerCase().replaceAll(/[_ ]/g, "-");
  if (/^(utf-?8(-sig)?|u8|(us-)?ascii)$/.test(plain)) return "utf-8";
  // The web reads these names as Windows-1252; Python and iconv do not.
  if (/^(latin-?1|l1|iso-?8859-?1|cp819)$/.test(plain)) return "latin1";
  if (/^(windows|cp|x-cp)?-?1252$|^ansi$/.test(plain)) return "windows-1252";
  if (/^utf-?16$/.test(plain)) return "utf-16";
  if (/^utf-?16-?[bl]e$/.test(plain)) return `utf-16${plain.slice(-2)}`;
  const others: Record<string, string> = {
    "mac-roman": "macintosh",
    macroman: "macintosh",
    cp932: "shift_jis",
    cp936: "gbk",
    cp949: "euc-kr",
    cp950: "big5",
  };
  for (const label of [Object.hasOwn(others, plain) ? others[plain] : plain, plain.replaceAll("-", "_")])
    try {
      return new TextDecoder(label).encoding;
    } catch {}
  return null;
}
