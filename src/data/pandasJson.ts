import { InputError } from "../errors";
import { isObject, parseJson } from "../text/json";

type Objects = Record<string, unknown>;

/**
 * The rows of a table that stands in one JSON object, as pandas' `to_json` writes it: `columns` (its default), `index`, `split` or
 * `table`; or as lists by column. Null where the object is none of these, but a row by itself.
 *
 * @throws InputError where columns and rows cannot be told apart, or columns differ in length
 */
export function pandasJson(path: string, text: string): Objects[] | null {
  const whole = parseJson(path, text);
  if (!isObject(whole)) return null;
  const keys = Object.keys(whole);
  const values = Object.values(whole);
  if (keys.length === 0) return null;
  if (
    isObject(whole.schema) &&
    Array.isArray(whole.data) &&
    keys.every((key) => ["schema", "data"].includes(key))
  )
    return whole.data as Objects[];
  if (keys.every((key) => ["columns", "index", "data"].includes(key)) && Array.isArray(whole.columns))
    return split(path, whole.columns.map(String), whole.data);
  if (values.every(Array.isArray)) return lists(path, keys, values as unknown[][]);
  if (values.every(isObject)) return nested(path, text, whole as Record<string, Objects>);
  return null;
}

function split(path: string, columns: string[], data: unknown): Objects[] {
  const rows = Array.isArray(data) ? (data as unknown[][]) : [];
  const wrong = rows.findIndex((row) => !Array.isArray(row) || row.length !== columns.length);
  if (!Array.isArray(data) || wrong >= 0)
    throw new InputError(`${path}, row ${wrong + 1}: expected ${columns.length} cells, as there are columns`);
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
}

function lists(path: string, columns: string[], values: unknown[][]): Objects[] {
  const other = values.findIndex(({ length }) => length !== values[0].length);
  if (other >= 0)
    throw new InputError(
      `${path}: expected columns equally long, got ${values[0].length} values of ${JSON.stringify(columns[0])} and ${values[other].length} of ${JSON.stringify(columns[other])}`,
    );
  return values[0].map((_, row) => Object.fromEntries(columns.map((name, i) => [name, values[i][row]])));
}

/** Columns of rows or rows of columns: those whose names are numbers are rows. */
function nested(path: string, text: string, whole: Record<string, Objects>): Objects[] {
  const isNumber = (name: string) => /^-?\d+$/.test(name);
  const outer = Object.keys(whole);
  const inner = Object.values(whole).flatMap((part) => Object.keys(part));
  if (inner.length === 0) return [];
  const byColumn = inner.every(isNumber) && !outer.every(isNumber);
  const byRow = outer.every(isNumber) && !inner.every(isNumber);
  if (!byColumn && !byRow)
    throw new InputError(
      `${path}: expected names of columns and numbers of rows, got objects of ${JSON.stringify(outer[0])} and ${JSON.stringify(inner[0])}; ` +
        'write it by to_json(path, orient="records")',
    );
  const ordered = inOrder(text) as Record<string, Objects>;
  const plain = (name: string) => (name.startsWith(MARK) ? name.slice(MARK.length) : name);
  const unmarked = (value: unknown) =>
    isObject(value) || Array.isArray(value)
      ? (JSON.parse(JSON.stringify(value).replaceAll(MARK, "")) as unknown)
      : value;
  if (byRow)
    return Object.values(ordered).map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [plain(name), unmarked(value)])),
    );
  const rows = new Map<string, Objects>();
  for (const [name, column] of Object.entries(ordered))
    for (const [index, value] of Object.entries(column)) {
      const row = rows.get(index) ?? Object.create(null);
      rows.set(index, row);
      Object.defineProperty(row, plain(name), { value: unmarked(value), enumerable: true });
    }
  return [...rows.values()];
}

/** No text holds it. */
const MARK = "\ue000\ue001";

/** The same with a mark before names that are numbers: an object would put those in ascending order, and a table's rows have their own. */
const inOrder = (text: string): unknown =>
  JSON.parse(
    text.replaceAll(/"((?:[^"\\]|\\.)*)"(\s*:)?/g, (token, name: string, colon?: string) =>
      colon !== undefined && /^-?\d+$/.test(name) ? `"${MARK}${name}"${colon}` : token,
    ),
  );
