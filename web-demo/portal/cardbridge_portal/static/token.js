// A token for the portal, and what it leads to: S3, S9, S10 and S11. The daemon's window asks for the PIN.
import { connect, post, progress } from "./portal.js";
import { t } from "./language.js";

/** Resolves with the next screen's address; `step` says which card it is (identification.py). */
export async function identify(client, step, signal, say) {
  await connect(client, signal, say);
  const { nonce } = await post("api/challenge", {}, signal);
  say(progress("waitingForUser"));
  const { token } = await client.getToken(
    { challengeNonce: nonce, contactField: "hidden" },
    { signal, onProgress: ({ state }) => say(progress(state)) },
  );
  say(t("ICカードを確認しています。", "Checking the card."));
  const { next } = await post("api/authenticate", { step, token });
  return next;
}
