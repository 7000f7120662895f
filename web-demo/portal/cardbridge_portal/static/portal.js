// What the pages share: the portal's own requests, and the connection to the daemon.
import { Cardbridge } from "/client/cardbridge.js";
import * as guidance from "./guidance.js";
import { language, t } from "./language.js";
import { PortalError } from "./request.js";

export { PortalError, post } from "./request.js";

const ports = document.body.dataset.ports.split(" ").map(Number);

/** A client for this page; the page closes it when it is left. Its windows are in the page's language. */
export function bridge() {
  return new Cardbridge({ ports, language });
}

/** Connect and show how it stands; resolves when connected, rejects after showing nothing. */
export async function connect(client, signal, status) {
  const onState = () => {
    const { name } = client.state;
    if (name === "waitingForPermission") guidance.show("waitingForPermission");
    else if (document.getElementById("guidance").dataset.reason === "waitingForPermission") guidance.hide();
    if (name === "connecting") status(t("ICカードブリッジに接続しています。", "Connecting to IC Card Bridge."));
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

const PROGRESS = {
  waitingForReader: t("ICカードリーダを待っています。", "Waiting for a card reader."),
  waitingForCard: t("ICカードを差し込んでください。", "Insert the IC card."),
  waitingForUser: t("ICカードブリッジの画面で操作してください。", "Go on in the window of IC Card Bridge."),
  signing: t("ICカードで処理しています。ICカードを抜かないでください。", "The card is working. Do not remove it."),
};

/** The sentence for a `$/progress` state of the wire contract. */
export function progress(state) {
  return PROGRESS[state] ?? t("処理しています。", "Working.");
}

/** Base64 → bytes. */
export function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
