// What the pages share: the portal's own requests, and the connection to the daemon.
import { Cardbridge } from "/client/cardbridge.js";
import * as guidance from "./guidance.js";

export const base = document.body.dataset.base;
const csrf = document.querySelector('meta[name="csrf"]').content;
const ports = document.body.dataset.ports.split(" ").map(Number);

/** A refusal by the portal: `reason` as the guidance knows it, `said` the portal's own sentence. */
export class PortalError extends Error {
  constructor(reason, message) {
    super(message);
    this.reason = reason;
    this.said = message;
  }
}

/** POST JSON to the portal; resolves with its answer, rejects with PortalError. */
export async function post(path, body = {}, signal = undefined) {
  let response;
  try {
    response = await fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new PortalError("serverUnreachable", "");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new PortalError(answer.reason ?? "other", answer.message ?? "");
  return answer;
}

/** A client for this page; the page closes it when it is left. */
export function bridge() {
  return new Cardbridge({ ports, language: "ja" });
}

/** Connect and show how it stands; resolves when connected, rejects after showing nothing. */
export async function connect(client, signal, status) {
  const onState = () => {
    const { name } = client.state;
    if (name === "waitingForPermission") guidance.show("waitingForPermission");
    else if (document.getElementById("guidance").dataset.reason === "waitingForPermission") guidance.hide();
    if (name === "connecting") status("ICカードブリッジに接続しています。");
  };
  client.addEventListener("statechange", onState);
  try {
    await client.connect({ signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw failure(client, error);
  } finally {
    client.removeEventListener("statechange", onState);
  }
}

/** The error to show: the connection's reason where the error itself names none. */
export function failure(client, error) {
  if (error?.reason) return error;
  if (client.state.name === "failed" && client.state.reason) return new PortalError(client.state.reason, "");
  return error;
}

export const PROGRESS = {
  waitingForReader: "ICカードリーダを待っています。",
  waitingForCard: "ICカードを差し込んでください。",
  waitingForUser: "ICカードブリッジの画面で操作してください。",
  signing: "ICカードで処理しています。ICカードを抜かないでください。",
};

/** Base64 → bytes. */
export function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
