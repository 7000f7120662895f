#!/usr/bin/env bash
# Installs what `make demo` and `make test` need: Debian's packages, then a virtual environment in .venv
# from the lock with hashes. Safe to run again: it does only what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(
  ca-certificates gcc libc6-dev pkg-config      # builds pyscard, and the test modules in C
  python3-dev python3-venv python3-tk           # Debian's Python, with Tk for the windows
  libpcsclite-dev swig pcscd vsmartcard-vpcd    # PC/SC and its virtual readers
  opensc opensc-pkcs11 softhsm2                 # PKCS#11 modules
  openssl xmlsec1                               # independent verifiers (poppler-utils below is one too)
  chromium fonts-noto-cjk                       # the browser, Japanese text
  xvfb openbox xdotool x11-utils imagemagick    # a screen where there is none, and a person's hands
  python3-gi gir1.2-ayatanaappindicator3-0.1    # the tray's menu; without them it has a small window instead
  dbus-daemon trayer libglib2.0-bin             # trays for the tests: StatusNotifierItem and XEMBED; gio
  poppler-utils procps util-linux               # looks at the printed sheet, judges signed PDFs; starts pcscd on the side
)

# What the long suites of `make test-all` need beyond that.
LONG=(
  postgresql                                    # the portal's other database
  libfaketime                                   # the clock jumps (tests/soak)
  firefox-esr                                   # the other browser
  mmdebstrap                                    # Debian's packages for 32 bits, in a folder of their own
)

# What `make packages` and `make test-packages` need beyond that.
PACKAGING=(
  debhelper po-debconf dpkg-dev binutils        # builds the Debian package
  lintian piuparts debootstrap                  # judges it, in clean roots
  desktop-file-utils                            # judges the desktop entries
  wine wine64 gcc-mingw-w64-x86-64              # freezes and tests the Windows program
  wixl msitools osslsigncode                    # makes and signs the Windows package
  gcc-mingw-w64-i686-win32                      # a driver for 32-bit Windows, for the tests
  shellcheck                                    # reads the installers' scripts
)

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

install_packages() {
  command -v dpkg-query >/dev/null || { echo "Debian以外では、次を用意してください / install by hand: ${PACKAGES[*]}" >&2; return; }
  local missing=() package
  for package in "${PACKAGES[@]}"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "installing: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

choose_python() {
  local candidate
  for candidate in ${PYTHON:-} /usr/bin/python3 python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys, tkinter, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.11～3.13（Tk付き）が必要です / Python 3.11 to 3.13 with Tk is needed." >&2
  exit 1
}

install_python() {
  local stamp=.venv/.locked wanted
  wanted=$(cat requirements.lock pyproject.toml web-demo/pyproject.toml | sha256sum)
  [ -x .venv/bin/python ] || { "$(choose_python)" -m venv .venv; }
  [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return
  echo "installing Python packages into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . -e web-demo
  echo "$wanted" > "$stamp"
}

install_node() {
  local place stamp wanted
  for place in web-demo/client web-demo/portal; do
    stamp=$place/node_modules/.locked
    wanted=$(sha256sum < $place/package-lock.json)
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && continue
    (cd $place && PATH="$OLDPWD/.venv/bin:$PATH" npm ci --silent --no-fund --no-audit)
    echo "$wanted" > "$stamp"
  done
}

for option in "$@"; do
  case "$option" in
    --with-node) WITH_NODE=1 ;;
    --long) PACKAGES+=("${LONG[@]}") ;;
    --packages) PACKAGES+=("${PACKAGING[@]}") ;;
    *) echo "bootstrap.sh [--with-node] [--long] [--packages]" >&2; exit 2 ;;
  esac
done
install_packages
install_python
[ -n "${WITH_NODE:-}" ] && install_node
exit 0
