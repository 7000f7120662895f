// 「ICカードの準備」: shows the findings (checks.js), live; what needs the person's consent waits for a button.
import { loopbackPermission } from "/client/cardbridge.js";
import { findings, rowOf } from "./checks.js";
import * as guidance from "./guidance.js";
import { t } from "./language.js";
import { bridge, failure, post, progress } from "./portal.js";

const rows = [...document.querySelectorAll("#checks li")];
const summary = document.getElementById("summary");
const status = document.getElementById("status");
const wait = document.getElementById("wait");
const cancel = document.getElementById("cancel");
const holder = document.getElementById("check-holder");
const portal = document.getElementById("check-portal");
const MARK = { ok: t("よし", "OK"), missing: t("要対応", "To do"), unknown: t("未確認", "Not known") };

let client = null;
let browser = "prompt";
let readers = null;
let readerProblem = null;
let abort = null;
/** What the last check of the card in the reader told. */
let card = { failures: {} };

function connection() {
  const { name, reason } = client.state;
  return { name, reason, version: client.hello?.version };
}

function show() {
  const state = connection();
  const isConnected = state.name === "connected";
  const found = findings({ connection: state, browser, readers: isConnected ? readers : null, readerProblem: isConnected ? readerProblem : null, ...card, now: Date.now() });
  for (const row of rows) showRow(row, found[row.dataset.check] ?? { state: "unknown", what: row.dataset.first });
  document.getElementById("start").hidden = !(state.name === "failed" && state.reason === "notRunning");
  for (const button of [holder, portal]) button.disabled = !isConnected || abort !== null;
  sum();
}

function showRow(row, { state, what, todo = "" }) {
  row.dataset.state = state;
  row.querySelector(".mark").textContent = MARK[state];
  row.querySelector(".what").textContent = what;
  row.querySelector(".todo").textContent = todo;
  row.querySelector(".todo").hidden = !todo;
}

function sum() {
  const names = (state) => rows.filter((row) => row.dataset.state === state).map((row) => row.dataset.title);
  const [bad, open] = [names("missing"), names("unknown")];
  const said = bad.length > 0
    ? t(`対応が必要です：${bad.join("、")}`, `To do: ${bad.join(", ")}`)
    : open.length > 0
      ? t(`いまのところ問題はありません。まだ調べていないもの：${open.join("、")}`, `No problem so far. Not looked at yet: ${open.join(", ")}`)
      : t("すべて整っています。", "Everything is ready.");
  summary.dataset.missing = rows.filter((row) => row.dataset.state === "missing").map((row) => row.dataset.check).join(" ");
  if (summary.textContent !== said) summary.textContent = said;
}

/** Another card may be in the reader now: what was found out about the last one does not hold. */
function onReaders(now) {
  const cards = (list) => JSON.stringify(list?.map(({ name, state }) => [name, state === "present" || state === "inUse"]));
  if (readers && cards(readers) !== cards(now)) card = { failures: {} };
  readers = now;
  readerProblem = null;
  show();
}

async function watch() {
  try {
    onReaders(await client.watchReaders());
  } catch (error) {
    readerProblem = error?.reason === "readerServiceUnavailable" ? error.reason : null;
    show();
  }
}

async function look() {
  guidance.hide();
  card = { failures: {} };
  const old = client;
  const mine = (client = bridge());
  old?.close();
  mine.addEventListener("readerschange", ({ detail }) => mine === client && onReaders(detail.readers));
  mine.addEventListener("statechange", async () => {
    if (mine !== client) return;
    browser = await loopbackPermission();
    if (mine.state.name === "connected") await watch();
    show();
  });
  browser = await loopbackPermission();
  show();
  await mine.connect().catch(() => {});
}

/** One operation in the daemon's window; its failure goes to its row, or to the box where it is none of the card's. */
async function check(operation) {
  abort = new AbortController();
  const { signal } = abort;
  guidance.hide();
  card = { failures: {} };
  wait.hidden = false;
  status.textContent = progress("waitingForUser");
  show();
  try {
    card = { failures: {}, ...(await operation({ signal, onProgress: ({ state }) => (status.textContent = progress(state)) })) };
  } catch (error) {
    const told = signal.aborted ? { reason: "userCancelled" } : failure(client, error);
    if (told?.reason === "sessionExpired" || told?.reason === "csrf") return location.reload();
    const row = rowOf(told?.reason);
    if (row) card.failures = { [row]: told.reason };
    else guidance.showError(told, { retry: () => check(operation) });
  } finally {
    abort = null;
    wait.hidden = true;
    show();
  }
}

async function certificate(options) {
  const { notAfter } = await client.chooseCertificate({ purpose: "authentication" }, options);
  return { certificate: { notAfter } };
}

async function registration(options) {
  const { nonce } = await post("api/check/challenge", {}, options.signal);
  const { token } = await client.getToken({ challengeNonce: nonce, contactField: "hidden" }, options);
  const answer = await post("api/check", { token });
  return { certificate: { notAfter: answer.notAfter }, answer };
}

holder.addEventListener("click", () => check(certificate));
portal.addEventListener("click", () => check(registration));
cancel.addEventListener("click", () => abort?.abort());
document.getElementById("again").addEventListener("click", look);
// Whoever comes back from starting the daemon finds it found. Not more often: browsers throttle sockets that fail.
addEventListener("focus", () => {
  if (client.state.name === "failed" && client.state.reason === "notRunning") look();
});
look();
