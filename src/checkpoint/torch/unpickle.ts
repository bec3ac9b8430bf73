import { InputError } from "../../errors";
import type { ByteReader } from "./ByteReader";
import {
  APPEND,
  APPENDS,
  BINFLOAT,
  BINGET,
  BININT,
  BININT1,
  BININT2,
  BINPERSID,
  BINPUT,
  BINSTRING,
  BINUNICODE,
  BUILD,
  EMPTY_DICT,
  EMPTY_LIST,
  EMPTY_TUPLE,
  FRAME,
  GLOBAL,
  INST,
  LONG_BINGET,
  LONG_BINPUT,
  LONG1,
  MARK,
  MEMOIZE,
  NEWFALSE,
  NEWTRUE,
  NONE,
  PROTO,
  REDUCE,
  SETITEM,
  SETITEMS,
  SHORT_BINSTRING,
  SHORT_BINUNICODE,
  STACK_GLOBAL,
  STOP,
  TUPLE,
  TUPLE1,
  TUPLE2,
  TUPLE3,
} from "./opcodes";

/** Some five belong to a tensor: enough for 200,000 of them. */
const MOST_CONTAINERS = 1_000_000;

/** A name that a pickle refers to, and what it stands for when it is called. */
export class Global {
  constructor(
    readonly name: string,
    readonly call?: (args: unknown[]) => unknown,
  ) {}
}

interface UnpickleOptions {
  /** What names stand for, by `module.name`; whatever else the pickle names is refused. */
  globals: ReadonlyMap<string, Global>;
  /** What a persistent id stands for. */
  persistent: (id: unknown) => unknown;
}

/**
 * Reads one pickle: numbers, strings, `null`, booleans, lists and tuples (as arrays), dicts (as Maps), and calls of the given
 * globals. In Python a pickle is a program that can call anything; here a name that is not among the globals ends the reading
 * before anything is done with it, and so does an opcode that data of this kind has no need of.
 *
 * The choice of opcodes is about that of torch/_weights_only_unpickler.py.
 *
 * @throws InputError naming the file, and the name that is refused or what is malformed
 */
export function unpickle(reader: ByteReader, { globals, persistent }: UnpickleOptions): unknown {
  const { path } = reader;
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let containers = 0;

  const malformed = (what: string) => new InputError(`${path}: malformed pickle: ${what}`);
  const pop = (): unknown => {
    if (stack.length === (marks.at(-1) ?? 0)) throw malformed("it takes a value where there is none");
    return stack.pop();
  };
  const top = (): unknown => {
    if (stack.length === 0) throw malformed("it takes a value where there is none");
    return stack[stack.length - 1];
  };
  const popMark = (): unknown[] => {
    const mark = marks.pop();
    if (mark === undefined) throw malformed("it ends a group that it never began");
    return stack.splice(mark);
  };
  const popTuple = (size: number) => {
    const last = Array.from({ length: size }, pop);
    stack.push(made(last.reverse()));
  };
  /** Counts what is made, since a byte can ask for a list that takes a hundred. */
  const made = <Container>(container: Container): Container => {
    if (++containers > MOST_CONTAINERS)
      throw malformed(
        `it makes more than ${MOST_CONTAINERS} lists, tuples and dicts, which no state dict has`,
      );
    return container;
  };
  /** Any other value as text could be endless: a list may hold itself. */
  const popText = (): string => {
    const value = pop();
    if (typeof value !== "string") throw malformed("it names what is no text");
    return value;
  };
  const text = (bytes: Buffer): string => bytes.toString("utf8");
  const find = (name: string): Global => {
    const global = globals.get(name);
    if (!global)
      throw new InputError(
        `${path}: names ${/^[\w.]{1,200}$/.test(name) ? name : JSON.stringify(name.slice(0, 200))}, which reading tensors has no need of: refused, and nothing was run; if you trust its maker, load it in Python and save its state dict as safetensors`,
      );
    return global;
  };
  const append = (items: unknown[]) => {
    const list = top();
    if (!Array.isArray(list)) throw malformed("it appends to what is no list");
    for (const item of items) list.push(item);
  };
  const setItems = (items: unknown[]) => {
    const dict = top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw malformed("it sets items of what is no dict");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const recall = (slot: number) => {
    if (!memo.has(slot)) throw malformed(`it recalls slot ${slot}, which it never filled`);
    stack.push(memo.get(slot));
  };
  const call = () => {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof Global) || !callee.call || !Array.isArray(args))
      throw malformed(`it calls ${callee instanceof Global ? callee.name : "what is no function"}`);
    stack.push(made(callee.call(args)));
  };

  for (;;) {
    const at = reader.position;
    const opcode = reader.byte();
    switch (opcode) {
      case PROTO: {
        const protocol = reader.byte();
        if (protocol > 5) throw malformed(`it is of protocol ${protocol}; known are those up to 5`);
        break;
      }
      case FRAME: // how far to read ahead
        reader.bytes(8);
        break;
      case STOP: {
        const value = pop();
        if (stack.length > 0) throw malformed("it ends with values left over");
        return value;
      }
      case MARK:
        marks.push(stack.length);
        break;

      case NONE:
        stack.push(null);
        break;
      case NEWTRUE:
        stack.push(true);
        break;
      case NEWFALSE:
        stack.push(false);
        break;
      case BININT:
        stack.push(reader.bytes(4).readInt32LE());
        break;
      case BININT1:
        stack.push(reader.byte());
        break;
      case BININT2:
        stack.push(reader.bytes(2).readUInt16LE());
        break;
      case LONG1:
        stack.push(readLong(reader.bytes(reader.byte())));
        break;
      case BINFLOAT:
        stack.push(reader.bytes(8).readDoubleBE());
        break;

      case BINUNICODE:
        stack.push(text(reader.bytes(reader.bytes(4).readUInt32LE())));
        break;
      case SHORT_BINUNICODE:
      case SHORT_BINSTRING: // Python 2's str
        stack.push(text(reader.bytes(reader.byte())));
        break;
      case BINSTRING: // Python 2's str
        stack.push(text(reader.bytes(reader.bytes(4).readUInt32LE())));
        break;

      case EMPTY_LIST:
      case EMPTY_TUPLE:
        stack.push(made([]));
        break;
      case APPEND:
        append([pop()]);
        break;
      case APPENDS:
        append(popMark());
        break;
      case EMPTY_DICT:
        stack.push(made(new Map()));
        break;
      case SETITEM:
        setItems([pop(), pop()].reverse());
        break;
      case SETITEMS:
        setItems(popMark());
        break;
      case TUPLE:
        stack.push(made(popMark()));
        break;
      case TUPLE1:
      case TUPLE2:
      case TUPLE3:
        popTuple(1 + opcode - TUPLE1);
        break;

      case BINPUT:
        memo.set(reader.byte(), top());
        break;
      case LONG_BINPUT:
        memo.set(reader.bytes(4).readUInt32LE(), top());
        break;
      case MEMOIZE:
        memo.set(memo.size, top());
        break;
      case BINGET:
        recall(reader.byte());
        break;
      case LONG_BINGET:
        recall(reader.bytes(4).readUInt32LE());
        break;

      case GLOBAL:
      case INST: // which also calls what it names
        stack.push(find(`${reader.line()}.${reader.line()}`));
        if (opcode === INST) throw malformed("it makes an instance of what is no class");
        break;
      case STACK_GLOBAL: {
        const name = popText();
        stack.push(find(`${popText()}.${name}`));
        break;
      }
      case REDUCE:
        call();
        break;
      case BUILD:
        // Attributes of a dict, such as the `_metadata` of a state dict: none of them is a tensor of the model.
        pop();
        if (!(top() instanceof Map)) throw malformed("it sets attributes of what is no dict");
        break;
      case BINPERSID:
        stack.push(persistent(pop()));
        break;

      default:
        throw new InputError(
          `${path}: its pickle has opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${at}, which tensors and containers have no need of: refused`,
        );
    }
  }
}

/** A little-endian two's complement of any length; a bigint where a number would round it. */
function readLong(bytes: Buffer): number | bigint {
  if (bytes.length === 0) return 0;
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
  value = BigInt.asIntN(8 * bytes.length, value);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
