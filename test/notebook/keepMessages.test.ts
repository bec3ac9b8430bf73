import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { keepMessages } from "../../src/notebook/keepMessages";

// What is needed of zeromq, by tslab's own copy.
interface Zeromq {
  Publisher: new () => {
    bind(address: string): Promise<void>;
    send(message: string): Promise<void>;
    close(): void;
  };
  Subscriber: new (options: {
    receiveHighWaterMark: number;
    receiveTimeout: number;
  }) => {
    connect(address: string): void;
    subscribe(): void;
    receive(): Promise<Buffer[]>;
    close(): void;
  };
}
const { Publisher, Subscriber } = require("zeromq") as Zeromq;

test("A reader who looks only when all is sent has missed nothing", async (t) => {
  keepMessages();
  keepMessages(); // Patching twice changes nothing.
  const folder = mkdtempSync(join(tmpdir(), "frostkit-keep-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const address = `ipc://${join(folder, "socket")}`;
  const publisher = new Publisher();
  await publisher.bind(address);
  const readers = [0, 1].map(() => new Subscriber({ receiveHighWaterMark: 0, receiveTimeout: 10_000 }));
  for (const reader of readers) {
    reader.connect(address);
    reader.subscribe();
  }
  // A subscription takes its time, and what is sent before goes to nobody.
  const heard = Promise.all(readers.map((reader) => reader.receive())).then(() => true);
  while (!(await Promise.race([heard, setTimeout(20)]))) await publisher.send("anyone?");

  const sent = Array.from({ length: 60_000 }, (_, i) => `line ${i}`);
  await Promise.all(sent.map((line) => publisher.send(line)));
  for (const reader of readers) {
    const received: string[] = [];
    while (received.length < sent.length) {
      const line = String(await reader.receive());
      if (line !== "anyone?") received.push(line);
    }
    assert.deepEqual(received, sent);
    reader.close();
  }
  publisher.close();
});

test("Readers that come and go while messages are sent do no harm", async (t) => {
  keepMessages();
  const folder = mkdtempSync(join(tmpdir(), "frostkit-keep-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const address = `ipc://${join(folder, "socket")}`;
  const publisher = new Publisher();
  await publisher.bind(address);
  let sent = 0;
  for (let visit = 0; visit < 60; visit++) {
    const readers = Array.from(
      { length: 4 },
      () => new Subscriber({ receiveHighWaterMark: 0, receiveTimeout: 10_000 }),
    );
    for (const reader of readers) {
      reader.connect(address);
      reader.subscribe();
    }
    const heard = Promise.all(readers.map((reader) => reader.receive())).then(() => true);
    while (!(await Promise.race([heard, setTimeout(1)]))) await publisher.send(`line ${sent++}`);
    for (const reader of readers) {
      reader.close();
      for (let i = 0; i < 20; i++) await publisher.send(`line ${sent++}`);
    }
  }
  assert.ok(sent >= 60 * 4 * 20);
  publisher.close();
});
