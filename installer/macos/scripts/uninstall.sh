#!/bin/sh
# Takes ICカードブリッジ away: sudo sh uninstall.sh [--purge]. Users' own settings and records stay, and go too with
# --purge. The profile for the browsers is taken away where it was installed: in device management.
# Never run on macOS.
set -eu

[ "$(id -u)" = 0 ] || { echo "管理者（root）で実行してください / run this as root: sudo sh uninstall.sh" >&2; exit 1; }
case "${1:-}" in
  "" | --purge) ;;
  *) echo "uninstall.sh [--purge]" >&2; exit 2 ;;
esac

# shellcheck source=installer/macos/scripts/running.sh
. "$(dirname "$0")/running.sh"
end_daemons
rm -f "$AGENT"
rm -rf /Applications/ICCardBridge.app "$POLICY"
pkgutil --forget cardbridge >/dev/null 2>&1 || true

if [ "${1:-}" = --purge ]; then
  rm -f /Library/Preferences/cardbridge.plist
  for home in /Users/*; do
    rm -rf "$home/Library/Application Support/cardbridge" "$home/Library/Logs/cardbridge"
    rm -f "$home/Library/LaunchAgents/cardbridge.plist"
  done
fi
echo "取り除きました / removed"
