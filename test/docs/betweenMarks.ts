/** The page with `text` between the comments `<!-- name. -->` and `<!-- End of the table. -->`; whatever stood there goes. */
export function betweenMarks(page: string, name: string, text: string): string {
  const [start, end] = [`<!-- ${name}. -->\n`, "<!-- End of the table. -->"];
  const from = page.indexOf(start);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`expected ${start.trim()} and, below it, ${end} in the page`);
  return page.slice(0, from + start.length) + text + page.slice(to);
}
