/**
 * Cuts one or two token lists to `room` tokens in all: tokens go from the longer list first, then from both alike, an odd one
 * staying with the longer, of equals with the second (TruncationStrategy::LongestFirst in Hugging Face's tokenizers,
 * `utils/truncation.rs`).
 */
export function keepLongestFirst(texts: number[][], room: number, keepEnd: boolean): number[][] {
  const [a, b] = texts.map((tokens) => tokens.length);
  const keep = (tokens: number[], count: number) =>
    count >= tokens.length ? tokens : keepEnd ? tokens.slice(tokens.length - count) : tokens.slice(0, count);
  if (b === undefined) return [keep(texts[0], room)];
  if (a + b <= room) return texts;
  const short = Math.min(a, b);
  const half = Math.floor(room / 2);
  const [fewer, more] = short <= half ? [short, room - short] : [half, room - half];
  return [keep(texts[0], a > b ? more : fewer), keep(texts[1], a > b ? fewer : more)];
}
