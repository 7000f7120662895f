// Requests: what goes out, what comes back, and that nothing waits for ever.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import * as client from "../cardbridge.js";
import { Cardbridge, ConnectionLostError, MessageTooBigError, NotRespondingError } from "../cardbridge.js";
import { advance, browser, daemon, history, ports, settled, sockets } from "./fakes.js";

beforeEach(() => browser());

const SILENT = { "card.verifyPin": undefined };

async function connected(answers = {}, options = {}) {
  ports.set(28470, daemon(answers));
  const bridge = new Cardbridge(options);
  await bridge.connect();
  return bridge;
}

describe("methods", () => {
  const cases = {
    info: ["bridge.info", [], {}],
    chooseCertificate: ["certificates.choose", [{ purpose: "signature" }], { purpose: "signature", language: "ja" }],
    verifyPin: ["card.verifyPin", [{ reader: "R" }], { reader: "R", language: "ja" }],
    changePin: ["card.changePin", [], { language: "ja" }],
    unblockPin: ["card.unblockPin", [{ reader: "R" }], { reader: "R", language: "ja" }],
    getToken: ["auth.getToken", [{ challengeNonce: "n" }, { language: "en" }], { challengeNonce: "n", language: "en" }],
    signDocuments: [
      "sign.documents",
      [{ documents: [{ name: "a", mediaType: "text/plain", content: new TextEncoder().encode("入札") },
        { name: "b", mediaType: "text/plain", content: "QUJD" }], format: "cades" }],
      { documents: [{ name: "a", mediaType: "text/plain", content: "5YWl5pyt" },
        { name: "b", mediaType: "text/plain", content: "QUJD" }], format: "cades", language: "ja" },
    ],
    signHash: [
      "sign.hash",
      [{ certificate: "QQ==", hash: Uint8Array.of(0, 171), hashFunction: "SHA-256" }],
      { certificate: "QQ==", hash: "00ab", hashFunction: "SHA-256", language: "ja" },
    ],
    resumeSession: ["session.resume", ["s"], { session: "s" }],
  };
  for (const [name, [method, given, params]] of Object.entries(cases)) {
    test(`${name} is ${method}`, async () => {
      const bridge = await connected({ [method]: { changed: true } });
      const result = await bridge[name](...given);
      const [message] = sockets[0].requests(method);
      assert.deepEqual(message, { jsonrpc: "2.0", id: message.id, method, params });
      if (name !== "resumeSession") assert.deepEqual(result, { changed: true });
    });
  }

  test("large documents are encoded whole", async () => {
    const bridge = await connected({ "sign.documents": { signatures: [] } });
    const content = Uint8Array.from({ length: 200_003 }, (_, index) => index % 251);
    await bridge.signDocuments({ documents: [{ name: "a", mediaType: "text/plain", content }], format: "cades" });
    const sent = sockets[0].requests("sign.documents")[0].params.documents[0].content;
    assert.deepEqual(Buffer.from(sent, "base64"), Buffer.from(content));
  });

  test("listReaders and watchReaders give the readers; a request connects first", async () => {
    const readers = [{ name: "R", state: "present" }];
    ports.set(28470, daemon({ "readers.list": { readers }, "readers.watch": { readers } }));
    const bridge = new Cardbridge();
    assert.deepEqual(await bridge.listReaders(), readers);
    assert.deepEqual(await bridge.watchReaders(), readers);
  });

  test("requests overlap; each gets its own answer, its own progress, and ids differ", async () => {
    const bridge = await connected(SILENT);
    const progress = [];
    const onProgress = (name) => ({ state }) => progress.push(`${name} ${state}`);
    const first = bridge.verifyPin({}, { onProgress: onProgress("first") });
    const second = bridge.verifyPin({}, { onProgress: onProgress("second") });
    await advance(0);
    const [a, b] = sockets[0].requests("card.verifyPin").map(({ id }) => id);
    sockets[0].say({ jsonrpc: "2.0", method: "$/progress", params: { id: b, state: "waitingForUser" } });
    sockets[0].say({ jsonrpc: "2.0", method: "$/progress", params: { id: "?", state: "signing" } });
    sockets[0].say({ jsonrpc: "2.0", id: b, result: { verified: true, contact: "b" } });
    sockets[0].say({ jsonrpc: "2.0", id: a, result: { verified: true, contact: "a" } });
    assert.deepEqual([(await first).contact, (await second).contact], ["a", "b"]);
    assert.deepEqual(progress, ["second waitingForUser"]);
  });

  test("notifications that a later version may bring are ignored", async () => {
    const bridge = await connected();
    sockets[0].say({ jsonrpc: "2.0", method: "card.tapped", params: {} });
    sockets[0].say({ jsonrpc: "2.0", method: "$/progress" });
    sockets[0].say({ jsonrpc: "2.0", id: "unknown", result: {} });
    sockets[0].say({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "" } });
    assert.equal((await bridge.info()).name, "cardbridge");
  });
});

describe("errors", () => {
  for (const [reason, Kind] of Object.entries(client.ERRORS_BY_REASON)) {
    test(reason, async () => {
      const data = { reason, userMessage: "もう一度お試しください。", retriable: true, triesLeft: 2 };
      const bridge = await connected({ "card.verifyPin": { error: { code: -32099, message: "English", data } } });
      const { error } = await settled(bridge.verifyPin());
      assert.equal(error.constructor, Kind);
      assert.equal(error.name, Kind.name);
      const { code, message, userMessage, retriable, data: further } = error;
      assert.deepEqual(
        { reason: error.reason, code, message, userMessage, retriable, further },
        { reason, code: -32099, message: "English", userMessage: data.userMessage, retriable: true, further: { triesLeft: 2 } },
      );
    });
  }

  test("one class a reason", () => {
    const kinds = [...Object.values(client.ERRORS_BY_REASON), ...Object.values(client.CONNECTION_ERRORS_BY_REASON)];
    assert.equal(new Set(kinds).size, kinds.length);
    for (const Kind of kinds) assert.equal(client[Kind.name], Kind);
  });

  test("a reason that a later version may bring, and an error without data", async () => {
    const later = { code: -32099, message: "later", data: { reason: "constructor" } };
    const bare = { code: -32603, message: "bare" };
    const bridge = await connected({ "card.verifyPin": { error: later }, "card.changePin": { error: bare } });
    const first = (await settled(bridge.verifyPin())).error;
    assert.deepEqual([first.constructor, first.reason, first.userMessage], [client.CardbridgeError, "constructor", "later"]);
    const second = (await settled(bridge.changePin())).error;
    assert.deepEqual([second.constructor, second.retriable, second.message], [client.CardbridgeError, false, "bare"]);
  });

  test("a frame that is not JSON: the connection ends, and the request with it", async () => {
    const bridge = await connected(SILENT);
    const waiting = settled(bridge.verifyPin());
    await advance(0);
    sockets[0].say("<html>");
    assert.ok((await waiting).error instanceof NotRespondingError);
    assert.equal(bridge.state.reason, "notResponding");
    await advance(1000);
    assert.equal(bridge.state.name, "connected");
  });

  test("a message that is too big says so, and does not ask to try again", async () => {
    const bridge = await connected(SILENT);
    const waiting = settled(bridge.verifyPin());
    await advance(0);
    sockets[0].end(1009);
    const { error } = await waiting;
    assert.ok(error instanceof MessageTooBigError);
    assert.equal(error.retriable, false);
    await advance(1000);
    assert.equal(bridge.state.name, "connected");
  });

  test("the connection goes", async () => {
    const bridge = await connected(SILENT);
    const waiting = [settled(bridge.verifyPin()), settled(bridge.verifyPin())];
    await advance(0);
    sockets[0].end(1006);
    const [first, second] = (await Promise.all(waiting)).map(({ error }) => error);
    assert.ok(first instanceof ConnectionLostError && second instanceof ConnectionLostError);
    assert.equal(first.retriable, true);
  });
});

describe("abort", () => {
  test("sends $/cancel, and rejects with the signal's reason when the daemon has answered", async () => {
    const cancel = (socket, { params: { id } }) =>
      socket.say({ jsonrpc: "2.0", id, error: { code: -32002, message: "", data: { reason: "userCancelled" } } });
    const bridge = await connected({ ...SILENT, "$/cancel": cancel });
    const abort = new AbortController();
    const waiting = bridge.verifyPin({}, { signal: abort.signal });
    await advance(100);
    const reason = new Error("left");
    abort.abort(reason);
    assert.equal((await settled(waiting)).error, reason);
    const [request] = sockets[0].requests("card.verifyPin");
    assert.deepEqual(sockets[0].requests("$/cancel").map(({ id, params }) => ({ id, params })), [
      { id: undefined, params: { id: request.id } },
    ]);
    assert.equal(bridge.state.name, "connected");
  });

  test("ends the request even where the daemon does not answer", async () => {
    const bridge = await connected(SILENT);
    const abort = new AbortController();
    const waiting = settled(bridge.verifyPin({}, { signal: abort.signal }));
    await advance(100);
    abort.abort();
    await advance(1100);
    assert.equal((await waiting).error.name, "AbortError");
    const [{ id }] = sockets[0].requests("card.verifyPin");
    sockets[0].say({ jsonrpc: "2.0", id, result: { verified: true } });
    assert.equal(bridge.state.name, "connected");
  });

  test("beforehand: nothing is sent", async () => {
    const bridge = await connected(SILENT);
    assert.equal((await settled(bridge.verifyPin({}, { signal: AbortSignal.abort() }))).error.name, "AbortError");
    assert.equal(sockets[0].sent.length, 0);
  });

  test("while it connects: the attempt ends too", async () => {
    ports.set(28470, () => {});
    const bridge = new Cardbridge();
    const abort = new AbortController();
    const waiting = bridge.verifyPin({}, { signal: abort.signal });
    await advance(100);
    abort.abort();
    assert.equal((await settled(waiting)).error.name, "AbortError");
    assert.equal(bridge.state.name, "closed");
  });

  test("after the answer: nothing happens, and no listener stays on the signal", async () => {
    const bridge = await connected();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given) => (listeners++, add(...given));
    signal.removeEventListener = (...given) => (listeners--, remove(...given));
    for (let round = 0; round < 10; round++) await bridge.info({ signal });
    assert.equal(listeners, 0);
    assert.deepEqual(sockets[0].requests("$/cancel"), []);
  });
});

describe("a daemon that stops answering", () => {
  test("is found out: notResponding", async () => {
    const bridge = await connected({ ...SILENT, "bridge.info": undefined });
    const states = history(bridge);
    const waiting = settled(bridge.verifyPin());
    await advance(31_000);
    assert.ok((await waiting).error instanceof NotRespondingError);
    assert.equal(states[0], "failed/notResponding");
    assert.equal(sockets[0].requests("bridge.info").length, 2);
  });

  test("is told from a user who takes his time", async () => {
    const bridge = await connected(SILENT);
    let outcome;
    bridge.verifyPin().then((result) => (outcome = result));
    await advance(300_000);
    assert.equal(bridge.state.name, "connected");
    const [{ id }] = sockets[0].requests("card.verifyPin");
    sockets[0].say({ jsonrpc: "2.0", id, result: { verified: true } });
    await advance(0);
    assert.deepEqual(outcome, { verified: true });
  });

  test("is not asked while no answer is due", async () => {
    const bridge = await connected();
    await bridge.info();
    await advance(300_000);
    assert.equal(sockets[0].sent.length, 1);
  });
});
