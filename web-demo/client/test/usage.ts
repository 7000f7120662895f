// Compiled, never run: the shipped types as a portal in TypeScript sees them.
import { Cardbridge, ConnectionError, PinIncorrectError, type Certificate, type Reader, type State } from "cardbridge-client";
import * as webeid from "cardbridge-client/web-eid";

export async function portal(challengeNonce: string, signal: AbortSignal): Promise<string> {
  const bridge = new Cardbridge({ ports: [28470], language: "en", keepSession: true });
  const state: State = bridge.state;
  const readers: Reader[] = await bridge.watchReaders();
  try {
    const { changed }: { changed: true } = await bridge.changePin({ reader: readers[0]!.name }, { signal });
    const { token, contact } = await bridge.getToken({ challengeNonce }, { signal, onProgress: ({ done }) => done });
    const { certificate }: { certificate: Certificate } = await bridge.signDocuments({
      documents: [{ name: "入札書.txt", mediaType: "text/plain", content: new Uint8Array() }],
      format: "cades",
    });
    await bridge.signDocuments(
      { documents: [{ name: "図面.zip", mediaType: "application/zip", content: new File([], "x") }], format: "cades" },
      { signal, onUpload: ({ name, sentBytes, totalBytes }) => `${name} ${sentBytes / totalBytes}` },
    );
    // @ts-expect-error not a format of the contract
    await bridge.signDocuments({ documents: [], format: "asic" });
    // @ts-expect-error not a state
    state.name === "open";
    return token.algorithm + (contact ?? certificate.thumbprint) + changed;
  } catch (error) {
    if (error instanceof PinIncorrectError) return String(error.data["triesLeft"]);
    if (error instanceof ConnectionError) return error.userMessage;
    throw error;
  }
}

// The signatures of web-eid.js 2.1, written down from its documentation and source.
type Options = { userInteractionTimeout?: number; lang?: string };
type Hash = "SHA-224" | "SHA-256" | "SHA-384" | "SHA-512" | "SHA3-224" | "SHA3-256" | "SHA3-384" | "SHA3-512";
type Algorithm = { cryptoAlgorithm: "ECC" | "RSA"; hashFunction: Hash; paddingScheme: "NONE" | "PKCS1.5" | "PSS" };
type Jwa = `${"ES" | "PS" | "RS"}${"256" | "384" | "512"}`;
type WebEid = {
  status(): Promise<{ library: string; extension: string; nativeApp: string }>;
  authenticate(challengeNonce: string, options?: Options): Promise<{
    unverifiedCertificate: string; algorithm: Jwa; signature: string; format: string; appVersion: string;
  }>;
  getSigningCertificate(options?: Options): Promise<{ certificate: string; supportedSignatureAlgorithms: Algorithm[] }>;
  sign(certificate: string, hash: string, hashFunction: string, options?: Options): Promise<{
    signature: string; signatureAlgorithm: Algorithm;
  }>;
};
export const standsIn: WebEid = webeid;
declare const original: WebEid;
export const andBack: Pick<typeof webeid, keyof WebEid> = original;
