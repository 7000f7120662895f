#!/bin/sh
# ICカードブリッジを取り除きます。設定と操作の記録は残ります（--purge で消します）。
# Removes IC Card Bridge. Settings and the log of operations stay, unless --purge is given.
set -eu

place=$(cd "$(dirname "$0")" && pwd)
home=${XDG_DATA_HOME:-$HOME/.local/share}
purge=no

for option in "$@"; do
    case "$option" in
    --purge) purge=yes ;;
    *)
        echo "uninstall.sh [--purge]" >&2
        exit 2
        ;;
    esac
done
if [ "$place" != "$HOME/.local/lib/cardbridge" ]; then
    echo "入れた場所から実行してください / run the installed one: $HOME/.local/lib/cardbridge/uninstall.sh" >&2
    exit 1
fi

"$place/cardbridge" stop >&2 || true
"$place/cardbridge" autostart off || true
"$place/cardbridge" url-scheme off || true
rm -f "$HOME/.local/bin/cardbridge" "$home/applications/cardbridge.desktop"
find "$home/icons/hicolor" -path '*/apps/cardbridge.png' -delete 2>/dev/null || true
if [ "$purge" = yes ]; then
    rm -rf "${XDG_CONFIG_HOME:-$HOME/.config}/cardbridge" "${XDG_STATE_HOME:-$HOME/.local/state}/cardbridge"
    rm -rf "${XDG_CACHE_HOME:-$HOME/.cache}/cardbridge"
fi
rm -rf "$place"
echo "取り除きました。 / Removed." >&2
