// Adds ten records, each behind a line that broke off: node --import tsx appendChild.ts <folder> <which ten>.
import { RecordStore } from "../../src/sweep/RecordStore";
import { fakeRecord } from "./fakeRecord";

const [folder, nth] = process.argv.slice(2);
const store = new RecordStore(folder);
for (let i = 0; i < 10; i++) store.append(fakeRecord({ seed: 10 * Number(nth) + i }));
