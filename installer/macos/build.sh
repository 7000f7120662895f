#!/bin/sh
# Builds dist/cardbridge-VERSION.pkg on a Mac: program, signatures, package, notarisation. Never run: it was written
# from Apple's and PyInstaller's documents on a machine that is no Mac.
#
#   APPLICATION="Developer ID Application: …"   signs the program; without it nothing is signed
#   INSTALLER="Developer ID Installer: …"       signs the package
#   NOTARY=PROFILE                              of `xcrun notarytool store-credentials`; sends the package to Apple
set -eu
cd "$(dirname "$0")/../.."

PYTHON=${PYTHON:-python3}
APP=build/bundle/dist/ICCardBridge.app
WORK=build/macos
HERE=installer/macos
VERSION=$("$PYTHON" -c 'import sys; sys.path.insert(0, "installer/bundle"); import build; print(build.version())')
PACKAGE=dist/cardbridge-$VERSION.pkg

sign() { # from the inside out: every library, then the program, then the bundle around them
  find "$APP/Contents" -type f \( -name '*.so' -o -name '*.dylib' \) -print0 |
    xargs -0 -n 20 codesign --force --options runtime --timestamp --sign "$APPLICATION"
  codesign --force --options runtime --timestamp --entitlements "$HERE/cardbridge.entitlements" \
    --sign "$APPLICATION" "$APP/Contents/MacOS/cardbridge"
  codesign --force --options runtime --timestamp --entitlements "$HERE/cardbridge.entitlements" \
    --sign "$APPLICATION" "$APP"
  codesign --verify --deep --strict --verbose=2 "$APP"
}

rm -rf "$WORK" && mkdir -p "$WORK/root/Applications" "$WORK/root/Library/LaunchAgents" "$WORK/resources" dist
"$PYTHON" installer/bundle/build.py
if [ -n "${APPLICATION:-}" ]; then sign; else echo "not signed: APPLICATION is not set" >&2; fi

ditto "$APP" "$WORK/root/Applications/ICCardBridge.app"
cp "$HERE/cardbridge.plist" "$WORK/root/Library/LaunchAgents/"
UNINSTALL="$WORK/root/Library/Application Support/ICCardBridge/uninstall"
mkdir -p "$UNINSTALL"
cp "$HERE/scripts/uninstall.sh" "$HERE/scripts/running.sh" "$UNINSTALL/"

# An app that macOS may move elsewhere would be found neither by the LaunchAgent nor by an upgrade.
pkgbuild --analyze --root "$WORK/root" "$WORK/components.plist"
plutil -replace 0.BundleIsRelocatable -bool NO "$WORK/components.plist"
pkgbuild --root "$WORK/root" --component-plist "$WORK/components.plist" --scripts "$HERE/scripts" \
  --identifier cardbridge --version "$VERSION" --install-location / --ownership recommended "$WORK/cardbridge.pkg"

cp -R "$HERE/resources/." "$WORK/resources/"
cp LICENSE "$WORK/resources/"
sed "s/@VERSION@/$VERSION/" "$HERE/distribution.xml" > "$WORK/distribution.xml"
set -- --distribution "$WORK/distribution.xml" --resources "$WORK/resources" --package-path "$WORK"
[ -z "${INSTALLER:-}" ] || set -- "$@" --sign "$INSTALLER" --timestamp
productbuild "$@" "$PACKAGE"

if [ -n "${NOTARY:-}" ]; then
  xcrun notarytool submit "$PACKAGE" --keychain-profile "$NOTARY" --wait
  xcrun stapler staple "$PACKAGE"
  xcrun stapler validate "$PACKAGE"
  spctl --assess --type install --verbose "$PACKAGE"
fi
shasum -a 256 "$PACKAGE"
