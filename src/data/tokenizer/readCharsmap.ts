/**
 * SentencePiece's own normalisation of text, as tokenizer.json carries it in a `Precompiled` normalizer: a double-array trie of
 * what to replace (Darts, by Yata), and the replacements. Applied as Hugging Face's tokenizers do (`normalizers/precompiled.rs`):
 * to whole grapheme clusters of fewer than six bytes, else to single characters; where the beginning of a cluster stands in the
 * trie, its replacement takes the place of all of it.
 *
 * @param base64 `precompiled_charsmap` of the normalizer
 */
export function readCharsmap(base64: string): (text: string) => string {
  const bytes = Buffer.from(base64, "base64");
  const trieBytes = bytes.readUInt32LE(0);
  const trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + trieBytes);

  function replacement(chunk: Buffer): string | null {
    let at = offset(trie[0]);
    for (const byte of chunk) {
      at ^= byte;
      const unit = trie[at];
      // A unit's label is a byte; that of a value has its highest bit set and is none.
      if ((unit & 0x800000ff) !== byte) return null;
      at ^= offset(unit);
      if ((unit >>> 8) & 1) {
        const start = trie[at] & 0x7fffffff;
        return replacements.toString("utf8", start, replacements.indexOf(0, start));
      }
    }
    return null;
  }

  const normalizeCluster = (cluster: string): string => {
    const encoded = Buffer.from(cluster);
    const whole = encoded.length < 6 ? replacement(encoded) : null;
    return whole ?? Array.from(cluster, (char) => replacement(Buffer.from(char)) ?? char).join("");
  };

  const known = new Map<string, string>();
  const normalize = (cluster: string): string => {
    let normal = known.get(cluster);
    if (normal === undefined) {
      normal = normalizeCluster(cluster);
      known.set(cluster, normal);
    }
    return normal;
  };
  return (text) =>
    text
      .split(BETWEEN_CLUSTERS)
      .map((piece) =>
        piece.length === 1
          ? normalize(piece)
          : Array.from(CLUSTERS.segment(piece), ({ segment }) => normalize(segment)).join(""),
      )
      .join("");
}

const CLUSTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Where clusters part for certain: in front of a space, and between characters of ASCII, cased letters, kana and ideographs.
 * Intl.Segmenter takes a time that grows with the square of a text's length, so it gets what lies between.
 */
const BETWEEN_CLUSTERS =
  /(?= )|(?<=[ -~\p{Lu}\p{Ll}\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff])(?=[ -~\p{Lu}\p{Ll}\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff])/u;

/** How far a unit's children lie: 21 bits, times 256 where bit 9 is set. */
const offset = (unit: number): number => (unit >>> 10) << ((unit & 0x200) >>> 6);
