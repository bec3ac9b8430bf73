// One of several processes that use one cache at once: writes and reads the same few entries in an order of its own.
import { DiskCache } from "../../src/files/DiskCache";
import { Random } from "../../src/random";

const ENTRIES = 25;
const BYTES = 60_000;
const random = new Random(Number(process.argv[2]), "hammer");

async function main(): Promise<void> {
  let [found, wrong] = [0, 0];
  for (let i = 0; i < 200; i++) {
    const cache = new DiskCache("tokens");
    const number = random.integer(ENTRIES);
    const key = number.toString(16).padStart(64, "0");
    const content = await cache.load(key, async (read, bytes) => {
      const halves = [new Uint8Array(bytes >> 1), new Uint8Array(bytes - (bytes >> 1))];
      for (const half of halves) {
        read(half);
        await new Promise(setImmediate);
      }
      return halves;
    });
    if (content) {
      found++;
      if (content.some((half) => half.length !== BYTES / 2 || half.some((byte) => byte !== number))) wrong++;
    } else
      await cache.save(key, BYTES, async (write) => {
        for (let part = 0; part < 4; part++) {
          write(new Uint8Array(BYTES / 4).fill(number));
          await new Promise(setImmediate);
        }
      });
  }
  console.log(`found ${found} wrong ${wrong}`);
}

void main();
