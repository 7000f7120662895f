// A signer as a Node program would be: HTTP on loopback, pkcs11js. signer.mjs MODULE PORT; the PIN on standard input.
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const pkcs11js = createRequire(`${process.argv[4]}/`)("pkcs11js");
const PREFIX = Buffer.from("3031300d060960864801650304020105000420", "hex");

function logIn(pin) {
  const module = new pkcs11js.PKCS11();
  module.load(process.argv[2]);
  module.C_Initialize();
  const session = module.C_OpenSession(module.C_GetSlotList(true)[0], pkcs11js.CKF_SERIAL_SESSION);
  module.C_Login(session, pkcs11js.CKU_USER, pin);
  module.C_FindObjectsInit(session, [{ type: pkcs11js.CKA_CLASS, value: pkcs11js.CKO_PRIVATE_KEY }]);
  const key = module.C_FindObjects(session);
  module.C_FindObjectsFinal(session);
  return (text) => {
    module.C_SignInit(session, { mechanism: pkcs11js.CKM_RSA_PKCS }, key);
    const digest = createHash("sha256").update(text).digest();
    return module.C_Sign(session, Buffer.concat([PREFIX, digest]), Buffer.alloc(256)).toString("base64");
  };
}

const lines = createInterface({ input: process.stdin });
lines.once("line", (pin) => {
  let sign;
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      sign ??= logIn(pin);
      response.end(sign(Buffer.concat(parts)));
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(Number(process.argv[3]), "127.0.0.1", () => process.stdout.write("ready\n"));
});
