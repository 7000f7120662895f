#!/bin/sh
# Puts a 32-bit Python where ICカードブリッジ looks for it, for drivers (PKCS#11 modules) that are for 32 bits only.
#
#   sudo sh python32.sh                      into /usr/local/lib/cardbridge/python32
#   sudo sh python32.sh --remove             takes it away again
#
# Debian and its relatives on x86-64; needs mmdebstrap and Debian's signed archive. Nothing is installed on the system
# itself: Debian's packages for i386 are unpacked into that one folder. A driver's own libraries for 32 bits
# come with the vendor's package, not with this. FOLDER (a variable) names another folder, SUITE another release,
# PACKAGES further packages, MIRROR another archive than this machine's apt has.
set -eu

FOLDER=${FOLDER:-/usr/local/lib/cardbridge/python32}
SUITE=${SUITE:-stable}
WANTED=python3-minimal,libpython3-stdlib,libpcsclite1,libstdc++6${PACKAGES:+,$PACKAGES}

fail() { echo "$1" >&2; exit 1; }

case "$FOLDER" in
  /?*/?*) ;;
  *) fail "FOLDER: $FOLDER" ;;
esac
[ "$(id -u)" = 0 ] || fail "管理者（root）で実行してください / run this as root"

if [ "${1:-}" = --remove ]; then
  [ -e "$FOLDER/bin/python3" ] || [ ! -e "$FOLDER" ] || fail "これで入れたものではありません / not put there by this: $FOLDER"
  rm -rf "$FOLDER"
  exit 0
fi
[ $# = 0 ] || fail "python32.sh [--remove]"
[ ! -e "$FOLDER" ] || fail "すでにあります。先に --remove を実行してください / it is there already; first --remove: $FOLDER"
command -v mmdebstrap >/dev/null || fail "先に apt install mmdebstrap を実行してください / first: apt install mmdebstrap"

# shellcheck disable=SC2016
MIRROR=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/*$')} ||
  fail "aptの取得先に、Debianのアーカイブがありません（MIRROR= で示せます） / apt has no archive of Debian's; name one with MIRROR="

umask 022
mkdir -p "$(dirname "$FOLDER")"
new=$(mktemp -d "$FOLDER.XXXXXX")
trap 'rm -rf "$new"' EXIT
chmod 755 "$new"
mmdebstrap --quiet --arch=i386 --variant=extract --include="$WANTED" "$SUITE" "$new/root" "$MIRROR"
python=$(basename "$(readlink "$new/root/usr/bin/python3")")
libraries=$FOLDER/root/usr/lib/i386-linux-gnu
mkdir "$new/bin"
cat > "$new/bin/python3" <<EOF
#!/bin/sh
exec "$libraries/ld-linux.so.2" --library-path "$libraries" "$FOLDER/root/usr/bin/$python" "\$@"
EOF
chmod 755 "$new/bin/python3"
mv "$new" "$FOLDER"
trap - EXIT
"$FOLDER/bin/python3" -I -S -c 'import ctypes, struct, sys; sys.exit(struct.calcsize("P") != 4)' ||
  fail "32ビット版Pythonが動きません / the 32-bit Python does not run: $FOLDER"
echo "$FOLDER/bin/python3"
