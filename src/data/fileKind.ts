/** The kinds that are read, where they are not in an archive themselves. */
export const GZIP = "a gzip file";
export const ZIP = "a ZIP archive";
export const PARQUET = "a Parquet file";

/** What files begin with that are no text, and what to do with them. */
const MAGIC: [bytes: string, what: string, cure: string][] = [
  ["1f8b", GZIP, "unpack it, for instance by gunzip"],
  ["504b0304", ZIP, "unpack it, for instance by unzip"],
  ["504b0506", "an empty ZIP archive", "look for the table where it came from"],
  ["fd377a585a00", "an xz file", "unpack it, for instance by unxz"],
  ["28b52ffd", "a Zstandard file", "unpack it, for instance by unzstd"],
  ["377abcaf271c", "a 7z archive", "unpack it, for instance by 7z x"],
  ["526172211a07", "a RAR archive", "unpack it"],
  ["50415231", PARQUET, "unpack it: Parquet is read from a file of its own"],
  ["50415245", "an encrypted Parquet file", convert("read_parquet")],
  ["d0cf11e0a1b11ae1", "an Excel workbook (.xls)", convert("read_excel")],
  ["4152524f5731", "an Arrow file (Feather)", convert("read_feather")],
  ["46454131", "a Feather file", convert("read_feather")],
  ["894844460d0a1a0a", "an HDF5 file", convert("read_hdf")],
  ["934e554d5059", "a NumPy array", "write its columns as CSV"],
  [Buffer.from("SQLite format 3\0").toString("hex"), "an SQLite database", convert("read_sql")],
  ["255044462d", "a PDF", "look for the table where it came from"],
  ["04224d18", "an LZ4 file", "unpack it, for instance by unlz4"],
  ["4f5243", "an ORC file", convert("read_orc")],
  ["4f626a01", "an Avro file", "write it as CSV"],
  ["3c73746174615f6474613e", "a Stata file", convert("read_stata")],
  ["47494638", "an image", "look for the table where it came from"],
  ["52494646", "an image or a sound", "look for the table where it came from"],
  ["49492a00", "an image", "look for the table where it came from"],
  ["4d4d002a", "an image", "look for the table where it came from"],
  ["424d", "an image", "look for the table where it came from"],
  ["89504e47", "an image", "look for the table where it came from"],
  ["ffd8ff", "an image", "look for the table where it came from"],
  ["8004", "a Python pickle", "load it where it is trusted, and write it by to_csv"],
  ["8005", "a Python pickle", "load it where it is trusted, and write it by to_csv"],
];

function convert(reader: string): string {
  return `convert it by pandas.${reader}(path).to_csv("table.csv", index=False)`;
}

/** Whether a file of text may begin with these bytes, as a column may be called FEA1. */
const isWord = (bytes: string) => /^\w+$/.test(Buffer.from(bytes, "hex").toString("latin1"));

/** Bytes that are read of a file to know its kind: an archive names its first members in them. */
export const KIND_BYTES = 4096;

/** What a file is that is no table of text, by its first bytes, and what to do with it; null where nothing speaks against text. */
export function fileKind(start: Buffer): { what: string; cure: string } | null {
  const hex = start.toString("hex", 0, 16);
  // "BZh", a digit, and the first digits of pi, or of its root where nothing is packed.
  if (/^425a683[1-9](314159265359|177245385090)/.test(hex))
    return { what: "a bzip2 file", cure: "unpack it, for instance by bunzip2" };
  const found = MAGIC.find(([bytes]) => hex.startsWith(bytes) && (start.includes(0) || !isWord(bytes)));
  if (found) {
    const [, what, cure] = found;
    const members = what === ZIP ? start.toString("latin1") : "";
    // An Office file is a ZIP of these members.
    if (/\bxl\/|\[Content_Types\]\.xml/.test(members))
      return { what: "an Excel workbook (.xlsx)", cure: convert("read_excel") };
    return { what, cure };
  }
  if (start.toString("latin1", 257, 262) === "ustar")
    return { what: "a tar archive", cure: "unpack it, for instance by tar xf" };
  const text = start.toString("latin1", 0, 256).replace(/^\u00ef\u00bb\u00bf/, "");
  if (/^\s*(<!doctype html|<html\b)/i.test(text))
    return {
      what: "a web page",
      cure: "download the table itself: this is what a site gives to who is not logged in",
    };
  if (/^\s*<\?xml\b/.test(text)) return { what: "an XML file", cure: convert("read_xml") };
  if (text.startsWith("version https://git-lfs.github.com/"))
    return { what: "a Git LFS pointer, not the file itself", cure: "fetch the file by git lfs pull" };
  return null;
}
