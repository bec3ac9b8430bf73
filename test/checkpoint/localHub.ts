import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after } from "node:test";

/** A file of a repository; those in large-file storage are found by SHA-256 and served from elsewhere. */
export interface HubFile {
  bytes: Buffer;
  lfs?: boolean;
}

export interface HubRequest {
  /** `hub` or, for the content of large files, `cdn`. */
  server: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
}

/** One model repository on a server of our own that answers as huggingface.co does to what @huggingface/hub asks. */
export interface LocalHub {
  endpoint: string;
  commit: string;
  files: Record<string, HubFile>;
  /** All requests so far, in order. */
  requests: HubRequest[];
  /** Called with each request for content, before it is answered; returns true when it has answered itself. */
  intercept: (request: IncomingMessage, response: ServerResponse, file: string) => boolean;
  /** Answers every question about the repository with this status and error code. */
  refuse: { status: number; code?: string } | undefined;
  close(): Promise<void>;
}

export const git = (bytes: Buffer) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
export const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

/** Starts one; `atEnd` is told how to stop it, and is the tests' own unless it is given. */
export async function startLocalHub(
  id: string,
  files: Record<string, HubFile>,
  atEnd: (stop: () => Promise<void>) => void = after,
): Promise<LocalHub> {
  const record = (server: string, request: IncomingMessage) =>
    hub.requests.push({
      server,
      path: decodeURIComponent(request.url ?? ""),
      range: request.headers.range,
      authorization: request.headers.authorization,
    });

  const main = createServer((request, response) => {
    record("hub", request);
    const path = decodeURIComponent(new URL(request.url ?? "", hub.endpoint).pathname);
    if (hub.refuse) return fail(response, hub.refuse.status, hub.refuse.code);
    if (!path.startsWith(`/api/models/${id}/`) && !path.startsWith(`/${id}/`))
      return fail(response, 401, "RepoNotFound");

    const [, revision] = /\/revision\/(.+)$/.exec(path) ?? [];
    if (revision !== undefined) {
      if (!["main", "refs/pr/1", hub.commit].includes(revision))
        return fail(response, 404, "RevisionNotFound");
      const about = {
        _id: "0123",
        id,
        private: false,
        gated: false,
        downloads: 0,
        likes: 0,
        sha: hub.commit,
      };
      return json(response, { ...about, lastModified: "2024-01-01T00:00:00.000Z" });
    }
    if (path === `/api/models/${id}/tree/${hub.commit}`)
      return json(
        response,
        Object.entries(hub.files).map(([name, { bytes, lfs }]) => ({
          type: name.endsWith("/") ? "directory" : "file",
          // For a large file, the hash of the pointer that Git holds in its place.
          oid: lfs ? git(Buffer.from(name)) : git(bytes),
          size: bytes.length,
          path: name,
          ...(lfs && { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } }),
        })),
      );

    const name = path.slice(`/${id}/resolve/${hub.commit}/`.length);
    const file = hub.files[name];
    if (!path.startsWith(`/${id}/resolve/${hub.commit}/`) || !file)
      return fail(response, 404, "EntryNotFound");
    if (!file.lfs) return content(request, response, name);
    response.setHeader("X-Linked-Size", file.bytes.length);
    response.setHeader("X-Linked-ETag", `"${sha256(file.bytes)}"`);
    // What asks for it gets the coordinates of the file in Xet storage, as do the library's probes.
    if (request.headers.accept?.includes("application/vnd.xet-fileinfo+json")) {
      response.setHeader("Content-Type", "application/vnd.xet-fileinfo+json");
      response.setHeader("X-Xet-Hash", sha256(file.bytes));
      const links = { "xet-auth": "/xet-auth", "xet-reconstruction-info": "/v1/reconstructions/0" };
      const link = Object.entries(links).map(([rel, to]) => `<${hub.endpoint}${to}>; rel="${rel}"`);
      response.setHeader("Link", link.join(", "));
      return json(response, {});
    }
    response.writeHead(302, { Location: `http://127.0.0.1:${portOf(cdn)}/${encodeURIComponent(name)}` });
    response.end();
  });

  const cdn = createServer((request, response) => {
    record("cdn", request);
    content(request, response, decodeURIComponent((request.url ?? "").slice(1)));
  });

  function content(request: IncomingMessage, response: ServerResponse, name: string): void {
    if (hub.intercept(request, response, name)) return;
    const { bytes } = hub.files[name];
    response.setHeader("ETag", `"${git(bytes)}"`);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    if (from === undefined) response.end(bytes);
    else if (Number(from) >= bytes.length) fail(response, 416);
    else {
      const part = bytes.subarray(Number(from), Number(to) + 1);
      const last = Number(from) + part.length - 1;
      response.setHeader("Content-Range", `bytes ${from}-${last}/${bytes.length}`);
      response.writeHead(206);
      response.end(part);
    }
  }

  const hub: LocalHub = {
    endpoint: "",
    commit: "a".repeat(40),
    files,
    requests: [],
    intercept: () => false,
    refuse: undefined,
    async close() {
      for (const server of [main, cdn]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
  await Promise.all(
    [main, cdn].map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  hub.endpoint = `http://127.0.0.1:${portOf(main)}`;
  atEnd(() => hub.close());
  return hub;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function json(response: ServerResponse, value: unknown): void {
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, code?: string): void {
  if (code) response.setHeader("X-Error-Code", code);
  response.statusCode = status;
  json(response, { error: `answered ${status}` });
}
