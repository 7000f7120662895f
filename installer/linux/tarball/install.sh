#!/bin/sh
# ICカードブリッジを、この利用者だけに入れます。管理者の権限は使いません。
# Installs IC Card Bridge for this user alone. No root.
#
#   ./install.sh                入れる・新しい版にする / install, or upgrade
#   ./install.sh --no-autostart ログイン時に起動しない / do not start at login
set -eu

here=$(cd "$(dirname "$0")" && pwd)
home=${XDG_DATA_HOME:-$HOME/.local/share}
place=$HOME/.local/lib/cardbridge
state=${XDG_STATE_HOME:-$HOME/.local/state}/cardbridge
link=$HOME/.local/bin/cardbridge
program=$place/cardbridge
autostart=yes

say() { printf '%s\n' "$*" >&2; }

for option in "$@"; do
    case "$option" in
    --no-autostart) autostart=no ;;
    *)
        say "install.sh [--no-autostart]"
        exit 2
        ;;
    esac
done

if [ "$(id -u)" = 0 ]; then
    say "rootではなく、使う人として実行してください。 / Run it as the user who will use it, not as root."
    exit 1
fi
case "$HOME" in
*[\"\\\`\$%]*)
    say "ホームフォルダーの名前に使えない記号があります。 / The home folder's name has signs that desktops do not take: $HOME"
    exit 1
    ;;
esac

missing=$(find "$here/program" -type f \( -name '*.so' -o -name '*.so.*' \) -exec ldd {} + 2>/dev/null |
    sed -n 's/^[[:space:]]*\([^ ]*\) => not found.*/\1/p' | sort -u |
    while read -r name; do [ -e "$here/program/_internal/$name" ] || printf '%s ' "$name"; done)
# This one is loaded only when a reader is looked for.
PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q 'libpcsclite\.so\.1' || missing="${missing}libpcsclite.so.1"
if [ -n "$missing" ]; then
    say "足りないライブラリがあります。ディストリビューションのパッケージで入れてください。"
    say "Libraries are missing; install them with your distribution's packages: $missing"
    say "Debian: libpcsclite1 libssl3 libxcb1   Fedora: pcsc-lite-libs openssl-libs libxcb   openSUSE: libpcsclite1 libopenssl3 libxcb1"
    exit 1
fi

mkdir -p "$HOME/.local/lib" "$HOME/.local/bin" "$home/applications"
rm -rf "$place.new"
cp -R "$here/program" "$place.new"
cp "$here/uninstall.sh" "$place.new/"
"$place.new/cardbridge" --version

was_running=no
if [ -x "$program" ]; then
    [ ! -e "$state/runtime.json" ] || was_running=yes
    "$program" stop >&2
fi
rm -rf "$place.old"
[ ! -e "$place" ] || mv "$place" "$place.old"
mv "$place.new" "$place"
rm -rf "$place.old"
ln -sfn "$program" "$link"

cp -R "$here/share/icons" "$home/"
sed "s|@PROGRAM@|\"$(printf '%s' "$program" | sed 's/[&|\\]/\\&/g')\"|" "$here/share/cardbridge.desktop" \
    >"$home/applications/cardbridge.desktop"
"$program" url-scheme on
[ "$autostart" = no ] || "$program" autostart on
if [ "$was_running" = yes ]; then
    (cd / && setsid "$program" run --unless-running >/dev/null 2>&1 </dev/null &)
fi

say "入りました。起動: $link run　取り除く: $place/uninstall.sh"
say "Installed. Start: $link run   Remove: $place/uninstall.sh"
