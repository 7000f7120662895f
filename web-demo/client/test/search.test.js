// Why there is no connection: every reason that a page can tell, and the order of the ports.
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { CONNECTION_ERRORS_BY_REASON, Cardbridge } from "../cardbridge.js";
import * as fake from "./fakes.js";
import { advance, browser, daemon, history, permission, ports, settled, sockets, violation } from "./fakes.js";

beforeEach(() => browser());

/** The reason with which connect() rejects, after checking class, state and sentence. */
async function failure(connecting, bridge) {
  const { error } = await settled(connecting);
  assert.ok(error, "connect() has not rejected");
  assert.equal(error.constructor, CONNECTION_ERRORS_BY_REASON[error.reason]);
  assert.deepEqual({ name: "failed", reason: error.reason, message: error.userMessage }, bridge.state);
  assert.match(error.userMessage, /[ぁ-ん]/);
  return error.reason;
}

async function connectAndFail(ms = 0) {
  const bridge = new Cardbridge();
  const connecting = bridge.connect();
  connecting.catch(() => {});
  await advance(ms);
  return failure(connecting, bridge);
}

describe("ports", () => {
  test("in order, with the subprotocol", async () => {
    ports.set(28472, daemon());
    const connecting = new Cardbridge().connect();
    await advance(500);
    await connecting;
    assert.deepEqual(sockets.map((socket) => socket.url), [
      "ws://127.0.0.1:28470/v1", "ws://127.0.0.1:28471/v1", "ws://127.0.0.1:28472/v1",
    ]);
    assert.deepEqual(sockets[0].protocols, ["cardbridge.v1"]);
  });

  test("the last one that served comes first on the next page", async () => {
    ports.set(28472, daemon());
    const first = new Cardbridge().connect();
    await advance(500);
    await first;
    sockets.length = 0;
    await new Cardbridge().connect();
    assert.deepEqual(sockets.map((socket) => socket.port), [28472]);
  });

  test("a port that serves no longer leads to the others", async () => {
    sessionStorage.setItem("cardbridge.port", "28473");
    ports.set(28471, daemon());
    const connecting = new Cardbridge().connect();
    await advance(500);
    await connecting;
    assert.deepEqual(sockets.map((socket) => socket.port), [28473, 28470, 28471]);
  });

  for (const [name, listener] of Object.entries({ "refuses the site": fake.notPermitted, "never greets": fake.silent,
    "is too old": daemon({}, { protocol: 0 }), "speaks no JSON": (s) => (s.open(), s.say("hello")) })) {
    test(`a daemon that ${name} leads to the next`, async () => {
      ports.set(28470, listener);
      ports.set(28471, daemon());
      const bridge = new Cardbridge();
      const connecting = bridge.connect();
      await advance(6000);
      await connecting;
      assert.equal(sockets.at(-1).port, 28471);
      assert.equal(bridge.state.name, "connected");
      assert.equal(sockets[0].readyState, 3);
    });
  }
});

describe("reasons", () => {
  test("notRunning", async () => {
    assert.equal(await connectAndFail(500), "notRunning");
    assert.equal(sockets.length, 4);
  });

  test("notRunning, in a browser that asks and in one without permissions", async () => {
    permission.state = "prompt";
    assert.equal(await connectAndFail(500), "notRunning");
    permission.state = undefined;
    assert.equal(await connectAndFail(500), "notRunning");
  });

  test("siteNotPermitted, after all ports were tried", async () => {
    ports.set(28470, fake.notPermitted);
    ports.set(28472, fake.silent);
    assert.equal(await connectAndFail(6000), "siteNotPermitted");
    assert.equal(sockets.length, 4);
  });

  test("notResponding: it opens and never greets", async () => {
    ports.set(28470, fake.silent);
    assert.equal(await connectAndFail(6000), "notResponding");
  });

  test("notResponding: it accepts and never answers the handshake", async () => {
    ports.set(28470, fake.pending);
    assert.equal(await connectAndFail(6000), "notResponding");
    assert.equal(sockets[0].readyState, 3);
  });

  test("notResponding: its first frame is no greeting", async () => {
    ports.set(28470, (socket) => (socket.open(), socket.say({ method: "bridge.hello", params: {} })));
    assert.equal(await connectAndFail(500), "notResponding");
  });

  test("tooOld", async () => {
    ports.set(28470, daemon({}, { protocol: 0 }));
    assert.equal(await connectAndFail(500), "tooOld");
  });

  test("pageNotSecure", async () => {
    globalThis.isSecureContext = false;
    globalThis.location = { protocol: "http:" };
    assert.equal(await connectAndFail(), "pageNotSecure");
    assert.equal(sockets.length, 0);
  });

  test("portalMisconfigured: a sandboxed frame", async () => {
    globalThis.origin = "null";
    assert.equal(await connectAndFail(), "portalMisconfigured");
  });

  test("portalMisconfigured: a frame that is not allowed the loopback network", async () => {
    document.featurePolicy = { features: () => ["loopback-network"], allowsFeature: () => false };
    assert.equal(await connectAndFail(), "portalMisconfigured");
    document.featurePolicy = { features: () => ["camera"], allowsFeature: () => false };
    assert.equal(await connectAndFail(500), "notRunning");
  });

  test("portalMisconfigured: the constructor throws", async () => {
    globalThis.WebSocket = class {
      constructor() {
        throw new DOMException("blocked", "SecurityError");
      }
    };
    assert.equal(await connectAndFail(), "portalMisconfigured");
  });

  for (const [name, uri] of Object.entries({ address: (s) => s.url, origin: (s) => `ws://127.0.0.1:${s.port}`,
    scheme: () => "ws" })) {
    test(`portalMisconfigured: Content-Security-Policy names the ${name}, and nothing closes`, async () => {
      for (const port of [28470, 28471, 28472, 28473]) {
        ports.set(port, (socket) => (violation(uri(socket)), socket.onerror?.({})));
      }
      assert.equal(await connectAndFail(200), "portalMisconfigured");
    });
  }

  test("a violation after the close still counts; another's, or one that is only reported, does not", async () => {
    ports.set(28470, (socket) => (socket.end(1006), violation(socket.url)));
    assert.equal(await connectAndFail(500), "portalMisconfigured");
    ports.set(28470, (socket) => {
      violation("ws://127.0.0.1:2847/v1");
      violation("wss://elsewhere.example.jp/");
      violation(socket.url, "report");
      socket.end(1006);
    });
    assert.equal(await connectAndFail(500), "notRunning");
  });

  test("a port that the policy forgot does not hide a daemon on another", async () => {
    ports.set(28470, (socket) => violation(socket.url));
    ports.set(28471, daemon());
    await new Cardbridge().connect();
    assert.equal(sockets.at(-1).port, 28471);
  });

  test("an error without a close is a refusal", async () => {
    ports.set(28470, (socket) => socket.onerror?.({}));
    assert.equal(await connectAndFail(2000), "notRunning");
  });
});

describe("the browser's permission", () => {
  beforeEach(() => {
    permission.state = "prompt";
    ports.set(28470, fake.pending);
  });

  test("waitingForPermission, then allowed", async () => {
    const bridge = new Cardbridge();
    const states = history(bridge);
    const connecting = bridge.connect();
    await advance(1400);
    assert.deepEqual(states, ["connecting"]);
    await advance(60_000);
    assert.deepEqual(states, ["connecting", "waitingForPermission"]);
    permission.state = "granted";
    daemon()(sockets[0]);
    await connecting;
    assert.deepEqual(states, ["connecting", "waitingForPermission", "connected"]);
    assert.equal(sockets.length, 1);
  });

  test("allowed, but the daemon had dropped the socket: once more, without a word", async () => {
    const bridge = new Cardbridge();
    const connecting = bridge.connect();
    await advance(3000);
    ports.set(28470, daemon());
    permission.state = "granted";
    sockets[0].end();
    await advance(100);
    await connecting;
    assert.deepEqual(sockets.map((socket) => socket.port), [28470, 28470]);
  });

  test("allowed, and the first port is somebody else's: the others are tried", async () => {
    const connecting = new Cardbridge().connect();
    await advance(3000);
    permission.state = "granted";
    ports.set(28470, fake.notPermitted);
    ports.set(28471, daemon());
    fake.notPermitted(sockets[0]);
    await advance(100);
    await connecting;
    assert.deepEqual(sockets.map((socket) => socket.port), [28470, 28471]);
  });

  test("allowed, and then nothing answers: notResponding", async () => {
    const bridge = new Cardbridge();
    const states = history(bridge);
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(10_000);
    permission.state = "granted";
    await advance(1000);
    assert.equal(states.at(-1), "connecting");
    await advance(6000);
    assert.equal(await failure(connecting, bridge), "notResponding");
  });

  test("permissionDenied", async () => {
    const bridge = new Cardbridge();
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(3000);
    permission.state = "denied";
    sockets[0].end();
    await advance(100);
    assert.equal(await failure(connecting, bridge), "permissionDenied");
    assert.equal(sockets.length, 1);
  });

  test("permissionDenied before: one socket, no more", async () => {
    permission.state = "denied";
    ports.clear();
    assert.equal(await connectAndFail(100), "permissionDenied");
    assert.equal(sockets.length, 1);
  });

  test("permissionDismissed: no further socket, which would ask again", async () => {
    const bridge = new Cardbridge();
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(3000);
    sockets[0].end();
    await advance(100);
    assert.equal(await failure(connecting, bridge), "permissionDismissed");
    assert.equal(sockets.length, 1);
  });
});

describe("Firefox, which never asks", () => {
  beforeEach(() => {
    browser({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0" });
    permission.state = "prompt";
  });

  test("notResponding: nobody is told to press Allow", async () => {
    ports.set(28470, fake.pending);
    const bridge = new Cardbridge();
    const states = history(bridge);
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(22_000);
    assert.equal(await failure(connecting, bridge), "notResponding");
    assert.deepEqual(states, ["connecting", "failed/notResponding"]);
  });

  test("a reconnection needs nobody's permission", async () => {
    ports.set(28470, daemon());
    const bridge = new Cardbridge();
    await bridge.connect();
    sockets[0].end(1001);
    await advance(1000);
    assert.equal(bridge.state.name, "connected");
  });
});

describe("failures that are slow, and nobody's doing", () => {
  const after = (ms) => (socket) => setTimeout(() => socket.end(1006), ms);

  test("Windows refuses a closed port after two seconds: notRunning, and nobody is asked to press Allow", async () => {
    browser({ userAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156" });
    permission.state = "prompt";
    for (const port of [28470, 28471, 28472, 28473]) ports.set(port, after(2000));
    const bridge = new Cardbridge();
    const states = history(bridge);
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(9000);
    assert.equal(await failure(connecting, bridge), "notRunning");
    assert.deepEqual(states, ["connecting", "failed/notRunning"]);
  });

  test("the same on Linux was the person's doing", async () => {
    permission.state = "prompt";
    ports.set(28470, after(2000));
    assert.equal(await connectAndFail(9000), "permissionDismissed");
  });

  test("a browser that throttles after ten failures: notRunning", async () => {
    permission.state = "prompt";
    for (let round = 0; round < 3; round++) await connectAndFail(500);
    for (const port of [28470, 28471, 28472, 28473]) ports.set(port, after(3000));
    const bridge = new Cardbridge();
    const states = history(bridge);
    const connecting = bridge.connect();
    connecting.catch(() => {});
    await advance(13_000);
    assert.equal(await failure(connecting, bridge), "notRunning");
    assert.deepEqual(states, ["connecting", "failed/notRunning"]);
  });
});
