// A connection's life: shared, aborted, lost, found again, hidden with its page, and the card session it carries.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { Cardbridge, ConnectionLostError, NotRespondingError } from "../cardbridge.js";
import * as fake from "./fakes.js";
import { advance, browser, daemon, history, permission, ports, settled, sockets } from "./fakes.js";

beforeEach(() => browser());

async function connected(options = {}, answers = {}) {
  ports.set(28470, daemon(answers));
  const bridge = new Cardbridge({ ports: [28470, 28471], ...options });
  await bridge.connect();
  return bridge;
}

describe("connect", () => {
  test("idle, connecting, connected, closed", async () => {
    ports.set(28470, daemon());
    const bridge = new Cardbridge();
    assert.deepEqual(bridge.state, { name: "idle", message: "" });
    const states = history(bridge);
    await bridge.connect();
    assert.deepEqual(bridge.hello, { name: "cardbridge", version: "1.2.3", protocol: 1 });
    await bridge.connect();
    bridge.close();
    assert.deepEqual(states, ["connecting", "connected", "closed"]);
    assert.equal(sockets.length, 1);
    await advance(100);
    assert.equal(sockets[0].readyState, 3);
  });

  test("two calls share one attempt; the message is in the language asked for", async () => {
    ports.set(28470, daemon());
    const bridge = new Cardbridge({ language: "en" });
    await Promise.all([bridge.connect(), bridge.connect()]);
    assert.equal(sockets.length, 1);
    assert.match(bridge.state.message, /^Connected/);
  });

  test("an abort withdraws one call and leaves the other's attempt alone", async () => {
    ports.set(28470, fake.pending);
    const bridge = new Cardbridge();
    const abort = new AbortController();
    const first = bridge.connect({ signal: abort.signal });
    const second = bridge.connect();
    await advance(100);
    const reason = new Error("left");
    abort.abort(reason);
    assert.equal((await settled(first)).error, reason);
    daemon()(sockets[0]);
    await second;
    assert.equal(bridge.state.name, "connected");
  });

  test("the last call's abort ends the attempt", async () => {
    ports.set(28470, fake.pending);
    const bridge = new Cardbridge();
    const abort = new AbortController();
    const connecting = bridge.connect({ signal: abort.signal });
    await advance(100);
    abort.abort();
    assert.equal((await settled(connecting)).error.name, "AbortError");
    await advance(10_000);
    assert.equal(bridge.state.name, "closed");
    assert.deepEqual(sockets.map((socket) => socket.readyState), [3]);
  });

  test("an aborted signal opens no socket", async () => {
    const { error } = await settled(new Cardbridge().connect({ signal: AbortSignal.abort() }));
    assert.equal(error.name, "AbortError");
    assert.equal(sockets.length, 0);
  });

  test("close() ends an attempt, and nothing comes of it later", async () => {
    ports.set(28470, fake.pending);
    const bridge = new Cardbridge();
    const connecting = bridge.connect();
    await advance(100);
    bridge.close();
    assert.ok((await settled(connecting)).error instanceof ConnectionLostError);
    await advance(10_000);
    assert.equal(bridge.state.name, "closed");
    assert.deepEqual(sockets.map((socket) => socket.readyState), [3]);
  });

  test("close() in a statechange listener is obeyed", async () => {
    ports.set(28470, daemon());
    const bridge = new Cardbridge();
    bridge.addEventListener("statechange", () => bridge.state.name === "connecting" && bridge.close());
    assert.ok((await settled(bridge.connect())).error instanceof ConnectionLostError);
    await advance(100);
    assert.equal(bridge.state.name, "closed");
  });

  test("a socket that is closing is replaced, and what waited on it is rejected", async () => {
    const bridge = await connected();
    const waiting = settled(bridge.info());
    sockets[0].hear = () => {};
    await advance(0);
    sockets[0].readyState = 2;
    await bridge.connect();
    assert.ok((await waiting).error instanceof ConnectionLostError);
    assert.equal(bridge.state.name, "connected");
    assert.equal(sockets.length, 2);
  });

  test("storage that is switched off", async () => {
    Object.defineProperty(globalThis, "sessionStorage", {
      configurable: true,
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
    const bridge = await connected({ keepSession: true });
    assert.equal(bridge.state.name, "connected");
  });
});

describe("reconnection", () => {
  test("the page goes on by itself, and is not told of each attempt", async () => {
    const bridge = await connected();
    const states = history(bridge);
    ports.delete(28470);
    sockets[0].end(1001);
    assert.deepEqual(states, ["failed/connectionLost"]);
    await advance(4000);
    ports.set(28470, daemon());
    await advance(15_000);
    assert.deepEqual(states, ["failed/connectionLost", "connected"]);
  });

  test("first where the daemon was, then on all ports, ever more seldom and without end", async () => {
    const bridge = await connected();
    ports.delete(28470);
    sockets[0].end(1012);
    const tried = async (ms) => {
      sockets.length = 0;
      await advance(ms);
      return sockets.map((socket) => socket.port);
    };
    assert.deepEqual(await tried(600), [28470]);
    assert.deepEqual(await tried(1100), [28470]);
    assert.deepEqual(await tried(2100), [28470]);
    assert.deepEqual(await tried(5200), [28470, 28471]);
    assert.deepEqual(await tried(10_200), [28470, 28471]);
    assert.deepEqual(await tried(29_000), []);
    assert.deepEqual(await tried(2000), [28470, 28471]);
    assert.equal((await tried(600_000)).length, 2 * 19);
    ports.set(28471, daemon());
    await advance(31_000);
    assert.equal(bridge.state.name, "connected");
  });

  test("connect() does not wait for the next attempt", async () => {
    const bridge = await connected();
    const states = history(bridge);
    ports.delete(28470);
    sockets[0].end(1001);
    await advance(9000);
    ports.set(28470, daemon());
    await bridge.connect();
    assert.deepEqual(states, ["failed/connectionLost", "connecting", "connected"]);
    const count = sockets.length;
    await advance(60_000);
    assert.equal(sockets.length, count);
  });

  test("connect() takes over from a quiet attempt", async () => {
    const bridge = await connected();
    ports.set(28470, fake.pending);
    sockets[0].end(1001);
    await advance(600);
    ports.set(28470, daemon());
    await bridge.connect();
    assert.equal(bridge.state.name, "connected");
    assert.deepEqual(sockets.map((socket) => socket.readyState), [3, 3, 1]);
  });

  test("close() ends it", async () => {
    const bridge = await connected();
    sockets[0].end(1001);
    bridge.close();
    await advance(60_000);
    assert.equal(bridge.state.name, "closed");
    assert.equal(sockets.length, 1);
  });

  for (const ms of [0, 1000]) {
    test(`a daemon that ends each connection after ${ms} ms is not tried ever faster`, async () => {
      await connected();
      ports.set(28470, (socket) => {
        daemon()(socket);
        if (ms === 0) socket.end(1011);
        else setTimeout(() => socket.end(1011), ms);
      });
      sockets[0].end(1011);
      await advance(60_000);
      assert.ok(sockets.length < 10, `${sockets.length} sockets`);
    });
  }

  test("a connection that held begins the back-off anew", async () => {
    await connected();
    for (let round = 1; round <= 5; round++) {
      await advance(11_000);
      sockets.at(-1).end(1001);
      await advance(600);
      assert.equal(sockets.length, 1 + round);
    }
  });

  for (const [state, reason] of [["denied", "permissionDenied"], ["prompt", "permissionDismissed"]]) {
    test(`a permission that is now "${state}": no socket, for nobody has pressed a button`, async () => {
      const bridge = await connected();
      sockets[0].end(1001);
      permission.state = state;
      await advance(60_000);
      assert.equal(sockets.length, 1);
      assert.equal(bridge.state.reason, reason);
    });
  }

  test("the site was taken off the list: siteNotPermitted, and no further attempt", async () => {
    const bridge = await connected();
    ports.set(28470, fake.notPermitted);
    sockets[0].end(1001);
    await advance(60_000);
    assert.equal(bridge.state.reason, "siteNotPermitted");
    assert.equal(sockets.length, 2);
  });

  test("4403 on an open connection", async () => {
    const bridge = await connected();
    sockets[0].end(4403);
    assert.equal(bridge.state.reason, "siteNotPermitted");
    await advance(60_000);
    assert.equal(sockets.length, 1);
  });

  test("readers are watched again", async () => {
    let readers = [];
    const watch = (socket, { id }) => socket.say({ jsonrpc: "2.0", id, result: { readers } });
    const bridge = await connected({}, { "readers.watch": watch });
    assert.deepEqual(await bridge.watchReaders(), []);
    const seen = [];
    bridge.addEventListener("readerschange", ({ detail }) => seen.push(detail.readers.length));
    readers = [{ name: "R", state: "empty" }];
    sockets[0].say({ jsonrpc: "2.0", method: "readers.changed", params: { readers } });
    sockets[0].end(1001);
    await advance(1000);
    assert.deepEqual(seen, [1, 1]);
  });
});

describe("the page", () => {
  const event = (name) => fake.page.dispatchEvent(new Event(name));

  test("hidden: the socket is closed, for the back/forward cache; shown again: connected again", async () => {
    const bridge = await connected();
    const waiting = settled(bridge.info());
    sockets[0].hear = () => {};
    event("pagehide");
    assert.equal(bridge.state.name, "closed");
    assert.ok(sockets[0].readyState >= 2);
    assert.ok((await waiting).error instanceof ConnectionLostError);
    event("pageshow");
    await advance(1000);
    assert.equal(bridge.state.name, "connected");
    assert.equal(sockets.length, 2);
  });

  test("shown again while the daemon is away", async () => {
    const bridge = await connected();
    event("pagehide");
    ports.delete(28470);
    event("pageshow");
    await advance(200);
    assert.equal(bridge.state.name, "failed");
    ports.set(28470, daemon());
    await advance(1000);
    assert.equal(bridge.state.name, "connected");
  });

  test("hidden while it was connecting: the attempt ends, and the page hears so", async () => {
    ports.set(28470, fake.pending);
    const bridge = new Cardbridge();
    const connecting = bridge.connect();
    await advance(100);
    event("pagehide");
    assert.ok((await settled(connecting)).error instanceof ConnectionLostError);
    event("pageshow");
    await advance(10_000);
    assert.deepEqual([sockets.length, sockets[0].readyState, bridge.state.name], [1, 3, "closed"]);
  });

  test("the first show of a page, and one after close(), connect nothing", async () => {
    const bridge = await connected();
    event("pageshow");
    bridge.close();
    event("pagehide");
    event("pageshow");
    await advance(1000);
    assert.equal(sockets.length, 1);
  });

  test("a client that is closed or has failed leaves no listener behind", async () => {
    for (let round = 0; round < 5; round++) {
      const bridge = await connected();
      const abort = new AbortController();
      await bridge.info({ signal: abort.signal });
      assert.equal(fake.page.listeners, 2);
      bridge.close();
      ports.clear();
      await settled(new Cardbridge().connect());
      await advance(500);
    }
    assert.equal(fake.page.listeners, 0);
    assert.equal(fake.documentEvents.listeners, 0);
  });
});

describe("the card session", () => {
  const token = { "auth.getToken": { token: {}, session: "c2VjcmV0" } };

  test("kept for the next page of the tab, resumed once", async () => {
    const first = await connected({ keepSession: true }, token);
    await first.getToken({ challengeNonce: "n" });
    assert.equal(sessionStorage.getItem("cardbridge.session"), "c2VjcmV0");
    first.close();
    await connected({ keepSession: true });
    assert.deepEqual(sockets[1].requests("session.resume")[0].params, { session: "c2VjcmV0" });
    assert.equal(sessionStorage.getItem("cardbridge.session"), null);
  });

  test("not kept unless asked for, but carried over a reconnection", async () => {
    const bridge = await connected({}, token);
    await bridge.getToken({ challengeNonce: "n" });
    assert.equal(sessionStorage.getItem("cardbridge.session"), null);
    sockets[0].end(1006);
    await advance(1000);
    assert.deepEqual(sockets[1].requests("session.resume")[0].params, { session: "c2VjcmV0" });
    assert.equal(bridge.session, undefined);
  });

  test("a session that has ended: connected without it", async () => {
    sessionStorage.setItem("cardbridge.session", "old");
    const unknown = { error: { code: -32006, message: "", data: { reason: "sessionUnknown" } } };
    const bridge = await connected({ keepSession: true }, { "session.resume": unknown });
    assert.equal(bridge.state.name, "connected");
    assert.equal(bridge.session, undefined);
  });

  test("a daemon that greets and then says no more: notResponding, not an endless wait", async () => {
    sessionStorage.setItem("cardbridge.session", "old");
    ports.set(28470, daemon({ "session.resume": undefined }));
    const bridge = new Cardbridge({ ports: [28470], keepSession: true });
    const connecting = settled(bridge.connect());
    await advance(7000);
    assert.ok((await connecting).error instanceof NotRespondingError);
    assert.equal(bridge.state.reason, "notResponding");
    await advance(100);
    assert.equal(sockets[0].readyState, 3);
  });

  test("close() while the session is resumed", async () => {
    sessionStorage.setItem("cardbridge.session", "old");
    ports.set(28470, daemon({ "session.resume": undefined }));
    const bridge = new Cardbridge({ ports: [28470], keepSession: true });
    const connecting = bridge.connect();
    await advance(100);
    bridge.close();
    assert.ok((await settled(connecting)).error instanceof ConnectionLostError);
    await advance(7000);
    assert.equal(bridge.state.name, "closed");
    assert.equal(sockets[0].readyState, 3);
  });

  test("closeSession forgets it, connected or not", async () => {
    const bridge = await connected({ keepSession: true }, token);
    await bridge.getToken({ challengeNonce: "n" });
    await bridge.closeSession();
    assert.equal(sockets[0].requests("session.close").length, 1);
    assert.equal(sessionStorage.getItem("cardbridge.session"), null);
    bridge.session = "again";
    bridge.close();
    await bridge.closeSession();
    assert.equal(bridge.session, undefined);
    assert.equal(sockets.length, 1);
  });
});
