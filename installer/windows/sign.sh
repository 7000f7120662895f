#!/usr/bin/env bash
# Signs what people run and install, with a time stamp, and checks the signature. Last of all: every edit of a
# package (msibuild) breaks it.
#   sign.sh FILE.msi|FILE.exe …
# SIGN_PKCS11_MODULE and SIGN_KEY (a PKCS#11 URI) with SIGN_CERT, or SIGN_KEY and SIGN_CERT as PEM files.
# SIGN_TIMESTAMP: the time-stamping authority (RFC 3161); "none" is for tests.
# SIGN_CA: what the signature is checked against; without it, what the system trusts.
set -euo pipefail
: "${SIGN_CERT:?}" "${SIGN_KEY:?}" "${SIGN_TIMESTAMP:?}"

options=(-certs "$SIGN_CERT" -key "$SIGN_KEY" -h sha256 -n "ICカードブリッジ (IC Card Bridge)")
[ -n "${SIGN_PKCS11_MODULE:-}" ] && options+=(-pkcs11module "$SIGN_PKCS11_MODULE")
[ "$SIGN_TIMESTAMP" != none ] && options+=(-ts "$SIGN_TIMESTAMP")
for file in "$@"; do
  signed="$file.signed"
  rm -f "$signed"
  osslsigncode sign "${options[@]}" -in "$file" -out "$signed"
  osslsigncode verify -in "$signed" -CAfile "${SIGN_CA:-/etc/ssl/certs/ca-certificates.crt}"
  mv "$signed" "$file"
done
