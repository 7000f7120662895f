// A browser for the tests: sockets, permission, storage, page events and a clock that moves only by `advance`.
import { mock } from "node:test";

const STEP_MS = 50;
const flush = () => new Promise((resolve) => setImmediate(resolve));

/** Let `ms` pass, with everything that happens meanwhile. */
export async function advance(ms) {
  await flush();
  for (let passed = 0; passed < ms; passed += STEP_MS) {
    mock.timers.tick(Math.min(STEP_MS, ms - passed));
    await flush();
  }
}

/** How a promise stands when all that needs no time has happened: `{value}`, `{error}` or `{}`. */
export async function settled(promise) {
  const outcome = {};
  promise.then((value) => (outcome.value = value), (error) => (outcome.error = error));
  for (let turn = 0; turn < 20; turn++) await flush();
  return outcome;
}

/**
 * What listens on the ports: port → a function that is given the new socket. Nothing: refused.
 * @type {Map<number, (socket: FakeWebSocket) => void>}
 */
export const ports = new Map();

/** Every socket that was made, in order. @type {FakeWebSocket[]} */
export const sockets = [];

export class FakeWebSocket {
  readyState = 0;
  /** Messages that the page has sent, parsed. */
  sent = [];
  /** Binary frames that the page has sent. @type {Uint8Array[]} */
  frames = [];
  /** Set by a test: hears how long each of them is. */
  hearBytes = () => {};
  /** Set by a daemon: answers what the page sends. */
  hear = () => {};

  constructor(url, protocols) {
    this.url = url;
    this.protocols = protocols;
    sockets.push(this);
    const listener = ports.get(Number(new URL(url).port)) ?? refuse;
    setImmediate(() => this.readyState === 0 && listener(this));
  }

  get port() {
    return Number(new URL(this.url).port);
  }

  open() {
    this.readyState = 1;
    this.onopen?.({});
  }

  /** The daemon's frame: an object, or text as it stands. */
  say(message) {
    if (this.readyState === 1) this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  /** The other side ends the connection. */
  end(code = 1006) {
    if (this.readyState === 3) return;
    this.readyState = 3;
    if (code === 1006) this.onerror?.({});
    this.onclose?.({ code });
  }

  send(text) {
    if (this.readyState === 0) throw new Error("InvalidStateError");
    if (this.readyState !== 1) return;
    if (typeof text !== "string") return this.frames.push(text.slice()) && setImmediate(() => this.hearBytes(text.length));
    const message = JSON.parse(text);
    this.sent.push(message);
    setImmediate(() => this.hear(message));
  }

  close() {
    if (this.readyState < 2) this.readyState = 2;
    setImmediate(() => this.end(1000));
  }

  /** The requests of one method. */
  requests(method) {
    return this.sent.filter((message) => message.method === method);
  }
}

export const refuse = (socket) => socket.end(1006);
export const pending = () => {};
export const silent = (socket) => socket.open();
export const notPermitted = (socket) => {
  socket.open();
  socket.end(4403);
};

/**
 * A daemon. `answers` maps a method to its result, to `{error}`, to a function that is given socket and message,
 * or to undefined: then nothing is said.
 */
export function daemon(answers = {}, { protocol = 1 } = {}) {
  const known = { "bridge.info": { name: "cardbridge" }, "session.resume": {}, "session.close": {}, ...answers };
  return (socket) => {
    socket.open();
    socket.hear = (message) => {
      const answer = known[message.method];
      if (typeof answer === "function") answer(socket, message);
      else if (answer !== undefined && message.id !== undefined) {
        socket.say({ jsonrpc: "2.0", id: message.id, ...(answer.error ? answer : { result: answer }) });
      }
    };
    socket.say({ jsonrpc: "2.0", method: "bridge.hello", params: { name: "cardbridge", version: "1.2.3", protocol } });
  };
}

/** The page's permission; `undefined` where the browser does not know it. */
export const permission = { state: "granted" };

/** Events of the page: `page.dispatchEvent(new Event("pagehide"))`. @type {EventTarget & {listeners?: number}} */
export let page;
/** Events of the document, for Content-Security-Policy. @type {EventTarget} */
export let documentEvents;

/** The browser refuses `url` as its Content-Security-Policy says. */
export function violation(blockedURI, disposition = "enforce") {
  documentEvents.dispatchEvent(Object.assign(new Event("securitypolicyviolation"), { blockedURI, disposition }));
}

function countingTarget() {
  const target = new EventTarget();
  const { addEventListener, removeEventListener } = target;
  const listening = new Set();
  target.addEventListener = (type, listener, options) => {
    listening.add(listener);
    options?.signal?.addEventListener("abort", () => listening.delete(listener));
    addEventListener.call(target, type, listener, options);
  };
  target.removeEventListener = (type, listener) => {
    listening.delete(listener);
    removeEventListener.call(target, type, listener);
  };
  Object.defineProperty(target, "listeners", { get: () => listening.size });
  return target;
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

/** A fresh browser; call it before each test. */
export function browser({ userAgent = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156" } = {}) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: (browser.now += 3_600_000) });
  ports.clear();
  sockets.length = 0;
  permission.state = "granted";
  page = countingTarget();
  documentEvents = countingTarget();
  const kept = new Map();
  define("WebSocket", FakeWebSocket);
  define("performance", { now: () => Date.now() });
  define("navigator", {
    userAgent,
    permissions: {
      query: async ({ name }) => {
        if (permission.state === undefined || name !== "loopback-network") throw new TypeError("unknown permission");
        return { state: permission.state };
      },
    },
  });
  define("sessionStorage", {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, String(value)),
    removeItem: (key) => kept.delete(key),
  });
  define("document", documentEvents);
  define("addEventListener", page.addEventListener);
  define("isSecureContext", true);
  define("location", { protocol: "https:" });
  define("origin", "https://portal.example.jp");
}
browser.now = 1_800_000_000_000;

/** What the page was told, as `name` or `name/reason`. */
export function history(bridge) {
  const states = [];
  bridge.addEventListener("statechange", ({ detail }) =>
    states.push(detail.reason ? `${detail.name}/${detail.reason}` : detail.name),
  );
  return states;
}
