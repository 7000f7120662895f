// The stand-in for web-eid.js: results and error codes of its version 2.1.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import * as webeid from "../web-eid.js";
import { advance, browser, daemon, notPermitted, pending, permission, ports, settled, sockets } from "./fakes.js";

beforeEach(() => {
  browser();
  ports.set(28470, daemon(ANSWERS));
});
afterEach(() => webeid.bridge.close());

const RS256 = { cryptoAlgorithm: "RSA", hashFunction: "SHA-256", paddingScheme: "PKCS1.5" };
const TOKEN = {
  unverifiedCertificate: "QQ==", algorithm: "RS256", signature: "Ug==", format: "web-eid:1.0", appVersion: "https://x/",
};
const CERTIFICATE = { certificate: "QQ==", chain: [], thumbprint: "00", supportedSignatureAlgorithms: [RS256] };
const ANSWERS = {
  "auth.getToken": { token: TOKEN, contact: "x", session: "s" },
  "certificates.choose": CERTIFICATE,
  "sign.hash": { signature: "Ug==", signatureAlgorithm: RS256 },
};
const HASH = Buffer.alloc(32, 7);

const sent = (method) => sockets.at(-1).requests(method)[0].params;
const refusal = (reason, further = {}) => ({
  error: { code: -32000, message: "English", data: { reason, userMessage: "日本語", retriable: false, ...further } },
});
const answering = (method, answer) => ports.set(28470, daemon({ ...ANSWERS, [method]: answer }));

describe("functions", () => {
  test("status", async () => {
    assert.deepEqual(await webeid.status(), { library: "2.1.0", extension: "1.2.3", nativeApp: "1.2.3" });
  });

  test("authenticate", async () => {
    assert.deepEqual(await webeid.authenticate("nonce"), TOKEN);
    assert.deepEqual(sent("auth.getToken"), { challengeNonce: "nonce", language: "ja" });
  });

  test("getSigningCertificate", async () => {
    const { certificate, supportedSignatureAlgorithms } = CERTIFICATE;
    assert.deepEqual(await webeid.getSigningCertificate({ lang: "et" }), { certificate, supportedSignatureAlgorithms });
    assert.deepEqual(sent("certificates.choose"), { purpose: "signature", language: "en" });
  });

  test("sign takes the hash in base64", async () => {
    const signed = await webeid.sign("QQ==", HASH.toString("base64"), "SHA-256", { lang: "ja" });
    assert.deepEqual(signed, ANSWERS["sign.hash"]);
    assert.deepEqual(sent("sign.hash"), {
      certificate: "QQ==", hash: HASH.toString("hex"), hashFunction: "SHA-256", language: "ja",
    });
  });

  test("what web-eid.js exports is exported", () => {
    assert.equal(webeid.config.VERSION, "2.1.0");
    assert.equal(webeid.Action.SIGN, "web-eid:sign");
    assert.ok(Object.entries(webeid.ErrorCode).every(([name, code]) => name === code));
    assert.equal(Object.keys(webeid.ErrorCode).length, 13);
  });
});

describe("error codes", () => {
  async function thrown(call) {
    const { error } = await settled(call);
    assert.ok(error instanceof Error && error.code in webeid.ErrorCode, String(error));
    return error;
  }

  for (const [reason, code, name] of [
    ["userCancelled", "ERR_WEBEID_USER_CANCELLED", "UserCancelledError"],
    ["pinIncorrect", "ERR_WEBEID_USER_CANCELLED", "UserCancelledError"],
    ["noCard", "ERR_WEBEID_USER_CANCELLED", "UserCancelledError"],
    ["userTimeout", "ERR_WEBEID_USER_TIMEOUT", "UserTimeoutError"],
    ["busy", "ERR_WEBEID_ACTION_PENDING", "ActionPendingError"],
    ["invalidParams", "ERR_WEBEID_NATIVE_INVALID_ARGUMENT", "NativeInvalidArgumentError"],
    ["pinLocked", "ERR_WEBEID_NATIVE_FATAL", "NativeFatalError"],
    ["toString", "ERR_WEBEID_NATIVE_FATAL", "NativeFatalError"],
    ["internalError", "ERR_WEBEID_UNKNOWN_ERROR", "UnknownError"],
  ]) {
    test(`${reason} is ${code}`, async () => {
      answering("auth.getToken", refusal(reason));
      const error = await thrown(webeid.authenticate("nonce"));
      assert.deepEqual([error.code, error.name, error.reason, error.userMessage], [code, name, reason, "日本語"]);
      assert.equal(error.cause.reason, reason);
    });
  }

  for (const reason of ["originNotPermitted", "methodNotFound", "noCertificate"]) {
    test(`sign: ${reason} says that hash signing is off by default and not for every card`, async () => {
      answering("sign.hash", refusal(reason));
      const error = await thrown(webeid.sign("QQ==", HASH.toString("base64"), "SHA-256"));
      assert.equal(error.code, "ERR_WEBEID_NATIVE_FATAL");
      assert.match(error.message, /off by default.*one certificate only.*signDocuments/);
      assert.match(error.userMessage, /1枚だけのICカード/);
      assert.equal(error.reason, reason);
    });
  }

  test("the same reasons elsewhere are not about hashes", async () => {
    answering("auth.getToken", refusal("originNotPermitted"));
    assert.equal((await thrown(webeid.authenticate("nonce"))).message, "English");
  });

  test("missing parameters", async () => {
    for (const call of [() => webeid.authenticate(""), () => webeid.sign("", "aA==", "SHA-256"),
      () => webeid.sign("QQ==", "", "SHA-256"), () => webeid.sign("QQ==", "aA==", undefined)]) {
      assert.equal((await thrown(call())).code, "ERR_WEBEID_MISSING_PARAMETER");
    }
    assert.equal(sockets.length, 0);
  });

  test("a hash that is not base64", async () => {
    assert.equal((await thrown(webeid.sign("QQ==", "?", "SHA-256"))).code, "ERR_WEBEID_NATIVE_INVALID_ARGUMENT");
  });

  test("an insecure page", async () => {
    globalThis.isSecureContext = false;
    assert.equal((await thrown(webeid.authenticate("nonce"))).code, "ERR_WEBEID_CONTEXT_INSECURE");
  });

  test("two actions of one kind; the first goes on, and afterwards the next may begin", async () => {
    answering("auth.getToken", undefined);
    const first = webeid.authenticate("nonce");
    await advance(100);
    assert.equal((await thrown(webeid.authenticate("nonce"))).code, "ERR_WEBEID_ACTION_PENDING");
    await webeid.getSigningCertificate();
    const [{ id }] = sockets[0].requests("auth.getToken");
    sockets[0].say({ jsonrpc: "2.0", id, result: { token: TOKEN } });
    assert.deepEqual(await first, TOKEN);
    const second = webeid.authenticate("nonce");
    await advance(100);
    assert.equal(sockets[0].requests("auth.getToken").length, 2);
    webeid.bridge.close();
    assert.equal((await thrown(second)).code, "ERR_WEBEID_NATIVE_FATAL");
  });

  test("userInteractionTimeout ends the request and closes its window", async () => {
    answering("auth.getToken", undefined);
    const waiting = webeid.authenticate("nonce", { userInteractionTimeout: 5000 });
    waiting.catch(() => {});
    await advance(4900);
    assert.equal(sockets[0].requests("$/cancel").length, 0);
    await advance(1200);
    assert.equal(sockets[0].requests("$/cancel").length, 1);
    assert.equal((await thrown(waiting)).code, "ERR_WEBEID_USER_TIMEOUT");
  });

  test("no daemon; the failed status carries the library's version", async () => {
    ports.clear();
    const waiting = webeid.status();
    waiting.catch(() => {});
    await advance(500);
    const error = await thrown(waiting);
    assert.deepEqual([error.code, error.library, error.reason], ["ERR_WEBEID_NATIVE_UNAVAILABLE", "2.1.0", "notRunning"]);
  });

  test("a daemon that is too old", async () => {
    webeid.bridge.ports = [28470];
    ports.set(28470, daemon({}, { protocol: 0 }));
    const error = await thrown(webeid.status());
    assert.equal(error.code, "ERR_WEBEID_VERSION_MISMATCH");
    assert.deepEqual(error.requiresUpdate, { extension: false, nativeApp: true });
  });

  test("the browser forbids it; the site is not on the list", async () => {
    webeid.bridge.ports = [28470];
    ports.set(28470, notPermitted);
    assert.equal((await thrown(webeid.status())).code, "ERR_WEBEID_NATIVE_UNAVAILABLE");
    permission.state = "denied";
    ports.clear();
    const waiting = webeid.status();
    waiting.catch(() => {});
    await advance(100);
    assert.equal((await thrown(waiting)).code, "ERR_WEBEID_EXTENSION_UNAVAILABLE");
  });

  test("a time limit does not run while the browser asks its user", async () => {
    permission.state = "prompt";
    ports.set(28470, pending);
    const waiting = webeid.authenticate("nonce", { userInteractionTimeout: 1000 });
    await advance(20_000);
    permission.state = "granted";
    daemon(ANSWERS)(sockets[0]);
    assert.deepEqual(await waiting, TOKEN);
  });
});
