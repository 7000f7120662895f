# Read by install.sh and uninstall.sh, which have set `place`.

# This user's processes of the program that lies in $place.
processes() {
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/exe" 2>/dev/null)" = "$place/cardbridge" ] && echo "${process#/proc/}"
    done
    return 0
}

daemons() {
    for process in $(processes); do
        if tr '\0' '\n' <"/proc/$process/cmdline" 2>/dev/null | sed -n 2p | grep -qx run; then
            echo "$process"
        fi
    done
}

# Ask the daemon to end, and wait until the program's windows have gone with it.
end_daemons() {
    for process in $(daemons); do kill -s TERM "$process" 2>/dev/null || true; done
    left=20
    while [ -n "$(processes)" ] && [ "$left" -gt 0 ]; do
        sleep 1
        left=$((left - 1))
    done
    for process in $(processes); do kill -s TERM "$process" 2>/dev/null || true; done
}
