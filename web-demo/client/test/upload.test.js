// Documents too large for one message: what goes up, how fast, and what an abort or an end leaves behind.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, describe, test } from "node:test";
import { Cardbridge, ConnectionLostError, InvalidParamsError } from "../cardbridge.js";
import { INLINE_BYTES } from "../upload.js";
import { advance, browser, daemon, ports, settled, sockets } from "./fakes.js";

beforeEach(() => browser());

const CHUNK = 64 * 1024;
const MIB = 1024 * 1024;
const CADES = { format: "cades" };
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytes = (length) => new Uint8Array(length).map((_, index) => (index * 7) % 251);
const file = (name, content) => ({ name, mediaType: "application/octet-stream", content });

/** A daemon that takes uploads as the contract says; `uploads` are those that have ended. */
async function connected({ credit = 4 * CHUNK, grants = true, answers = {} } = {}) {
  const uploads = [];
  let coming;
  const known = {
    "upload.begin": (socket, { id, params }) => {
      assert.equal(coming, undefined, "one at a time");
      coming = { upload: `u${uploads.length}`, ...params, from: socket.frames.length, credit };
      coming.credit = Math.min(credit, params.sizeBytes);
      socket.hearBytes = (length) => {
        assert.ok(length > 0 && length <= CHUNK && length <= coming.credit, "within chunk and credit");
        coming.credit -= length;
        if (!grants) return;
        coming.credit += length;
        socket.say({ method: "upload.credit", params: { upload: coming.upload, creditBytes: length } });
      };
      socket.say({ id, result: { upload: coming.upload, chunkBytes: CHUNK, creditBytes: coming.credit } });
    },
    "upload.end": (socket, { id, params }) => {
      assert.equal(params.upload, coming.upload);
      const content = Buffer.concat(socket.frames.slice(coming.from));
      assert.equal(content.length, coming.sizeBytes);
      assert.equal(sha256(content), coming.sha256);
      uploads.push(coming);
      coming = undefined;
      socket.say({ id, result: {} });
    },
    "upload.cancel": (socket, { id, params }) => {
      if (coming?.upload === params.upload) coming = undefined;
      socket.say({ id, result: {} });
    },
    "sign.documents": { signatures: [] },
    ...answers,
  };
  ports.set(28470, daemon(known));
  const bridge = new Cardbridge();
  await bridge.connect();
  return { bridge, uploads };
}

/** Until a promise is settled; reading a Blob and hashing take real time. */
async function done(promise) {
  let isOver = false;
  promise.then(() => (isOver = true), () => (isOver = true));
  while (!isOver) await advance(0);
  return settled(promise);
}

const requested = () => sockets[0].requests("sign.documents").map(({ params }) => params);

describe("signDocuments", () => {
  for (const [kind, made] of Object.entries({
    "a Uint8Array": (data) => data,
    "a Blob": (data) => new Blob([data]),
    "a File": (data) => new File([data], "x"),
    "a part of an array": (data) => new Uint8Array([1, ...data]).subarray(1),
  })) {
    test(`uploads ${kind} beyond what goes in a message`, async () => {
      const { bridge, uploads } = await connected();
      const data = bytes(INLINE_BYTES + 12_345);
      const progress = [];
      const onUpload = (state) => progress.push(state);
      const { value } = await done(bridge.signDocuments({ documents: [file("図面", made(data))], ...CADES }, { onUpload }));
      assert.deepEqual(value, { signatures: [] });
      assert.equal(uploads[0].sha256, sha256(data));
      assert.deepEqual(requested()[0].documents, [{ name: "図面", mediaType: "application/octet-stream", upload: "u0" }]);
      assert.equal(progress.length, Math.ceil(data.length / CHUNK));
      assert.deepEqual(progress.at(-1), { name: "図面", sentBytes: data.length, totalBytes: data.length });
    });
  }

  test("the largest are uploaded, so that the others can be looked at; the order stays", async () => {
    const { bridge, uploads } = await connected();
    const documents = [file("a", bytes(3 * MIB)), file("b", new Blob([bytes(12 * MIB)])), file("c", "QUJD"), file("d", bytes(9 * MIB))];
    assert.equal((await done(bridge.signDocuments({ documents, ...CADES, packaging: "detached" }))).error, undefined);
    const kinds = requested()[0].documents.map(({ name, upload, content }) => `${name} ${upload ?? (content && "inline")}`);
    assert.deepEqual(kinds, ["a inline", "b u0", "c inline", "d inline"]);
    assert.equal(uploads.length, 1);
  });

  test("what fits goes along, a Blob too", async () => {
    const { bridge } = await connected();
    await done(bridge.signDocuments({ documents: [file("a", new Blob(["ABC"])), file("b", bytes(0))], ...CADES }));
    assert.deepEqual(requested()[0].documents.map(({ content }) => content), ["QUJD", ""]);
    assert.equal(sockets[0].frames.length, 0);
  });

  for (const form of [{ format: "xades" }, { format: "pades" }, { format: "cades", packaging: "enveloping" }]) {
    test(`no upload for ${Object.values(form).join(" ")}`, async () => {
      const { bridge } = await connected();
      await done(bridge.signDocuments({ documents: [file("a", bytes(INLINE_BYTES + 1))], ...form }));
      assert.equal(sockets[0].requests("upload.begin").length, 0);
      assert.equal(requested()[0].documents[0].content.length, 4 * Math.ceil((INLINE_BYTES + 1) / 3));
    });
  }

  test("when the request fails, the daemon is told to forget the uploads", async () => {
    const error = { code: -32002, message: "", data: { reason: "userCancelled", userMessage: "", retriable: true } };
    const { bridge } = await connected({ answers: { "sign.documents": { error } } });
    const documents = [file("a", bytes(INLINE_BYTES + 1))];
    assert.equal((await done(bridge.signDocuments({ documents, ...CADES }))).error.reason, "userCancelled");
    await advance(0);
    assert.deepEqual(sockets[0].requests("upload.cancel").map(({ params }) => params), [{ upload: "u0" }]);
  });
});

describe("upload", () => {
  test("no more than the credit; it goes on when more is granted", async () => {
    const { bridge } = await connected({ credit: 2 * CHUNK, grants: false });
    const data = bytes(3 * CHUNK);
    const uploading = bridge.upload(data);
    while (sockets[0].frames.length < 2) await advance(0);
    await advance(100);
    assert.equal(sockets[0].frames.length, 2);
    sockets[0].hearBytes = () => {};
    sockets[0].say({ method: "upload.credit", params: { upload: "another", creditBytes: CHUNK } });
    await advance(100);
    assert.equal(sockets[0].frames.length, 2);
    sockets[0].say({ method: "upload.credit", params: { upload: "u0", creditBytes: CHUNK } });
    assert.equal((await done(uploading)).value, "u0");
  });

  test("two calls: one after the other", async () => {
    const { bridge, uploads } = await connected();
    const both = Promise.all([bridge.upload(bytes(5 * CHUNK)), bridge.upload(bytes(3))]);
    assert.deepEqual((await done(both)).value, ["u0", "u1"]);
    assert.deepEqual(uploads.map(({ sizeBytes }) => sizeBytes), [5 * CHUNK, 3]);
  });

  test("an abort: the daemon forgets it, and the next one goes up", async () => {
    const { bridge, uploads } = await connected({ credit: CHUNK, grants: false });
    const abort = new AbortController();
    const uploading = bridge.upload(bytes(3 * CHUNK), { signal: abort.signal });
    while (sockets[0].frames.length < 1) await advance(0);
    const reason = new Error("left");
    abort.abort(reason);
    assert.equal((await done(uploading)).error, reason);
    assert.deepEqual(sockets[0].requests("upload.cancel").map(({ params }) => params), [{ upload: "u0" }]);
    assert.equal((await done(bridge.upload(bytes(3)))).value, "u0");
    assert.equal(uploads.length, 1);
  });

  test("an abort before it has begun sends nothing", async () => {
    const { bridge } = await connected();
    const uploading = bridge.upload(bytes(3), { signal: AbortSignal.abort() });
    assert.equal((await done(uploading)).error.name, "AbortError");
    assert.equal(sockets[0].requests("upload.begin").length, 0);
  });

  test("the connection ends in the middle", async () => {
    const { bridge } = await connected({ credit: CHUNK, grants: false });
    const uploading = bridge.upload(bytes(3 * CHUNK));
    while (sockets[0].frames.length < 1) await advance(0);
    sockets[0].end(1006);
    assert.ok((await done(uploading)).error instanceof ConnectionLostError);
  });

  test("the daemon's refusal is the error, and the next upload is not held up", async () => {
    const data = { reason: "invalidParams", userMessage: "", retriable: false, member: "sha256" };
    const { bridge } = await connected({ answers: { "upload.end": { error: { code: -32602, message: "", data } } } });
    const { error } = await done(bridge.upload(bytes(3)));
    assert.ok(error instanceof InvalidParamsError);
    assert.equal(error.data.member, "sha256");
    assert.ok((await done(bridge.upload(bytes(3)))).error instanceof InvalidParamsError);
  });

  test("a file that can no longer be read", async () => {
    const { bridge } = await connected();
    const gone = Object.assign(new Blob(["abc"]), { slice: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) });
    assert.equal((await done(bridge.upload(gone))).error.message, "gone");
  });
});
