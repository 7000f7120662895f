#!/bin/sh
# shellcheck disable=SC2034 # used by the scripts that read this one
# For the other scripts: who is in front of the computer, and ending the daemon. Never run on macOS.
AGENT=/Library/LaunchAgents/cardbridge.plist
PROGRAM=/Applications/ICCardBridge.app/Contents/MacOS/cardbridge
POLICY="/Library/Application Support/ICCardBridge"

# The number of the user whose desktop is shown; nothing at the login window.
console_user() {
  user=$(stat -f %Su /dev/console)
  case "$user" in
    root | loginwindow | _mbsetupuser | "") ;;
    *) id -u "$user" ;;
  esac
}

# Asks every user's daemon to end, as at a log-out, and waits for up to ten seconds.
end_daemons() {
  uid=$(console_user)
  if [ -n "$uid" ]; then
    launchctl bootout "gui/$uid/cardbridge" 2>/dev/null || true
  fi
  pkill -TERM -f "^$PROGRAM run" || true
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    pgrep -f "^$PROGRAM run" >/dev/null || return 0
    sleep 1
  done
  return 0
}
