# SPDX-License-Identifier: BSL-1.0
# shellcheck shell=sh
# install_missing PACKAGE...: installs those Debian packages that are missing, and nothing else.
# By root or through sudo; otherwise says what to install and ends the program. Sourced, not run.

install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        echo "This is not Debian or Ubuntu: going on with what is installed. What may be missing, by Debian's names:" >&2
        echo "  $*" >&2
        return 0
    fi
    missing=''
    for package in "$@"; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) in
            'install ok installed') ;;
            *) missing="$missing $package" ;;
        esac
    done
    [ "$missing" ] || return 0

    as_root=''
    if [ "$(id -u)" -ne 0 ]; then
        as_root=sudo
        if ! sudo -n true 2>/dev/null && ! { [ -t 0 ] && sudo true; }; then
            echo "Missing, and only root may install:$missing" >&2
            echo "  apt-get install --no-install-recommends$missing" >&2
            exit 2
        fi
    fi
    echo "installing$missing" >&2
    install_log=$(mktemp)
    # shellcheck disable=SC2086 # lists of words
    if ! { $as_root apt-get update -q &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing; } \
        >"$install_log" 2>&1 </dev/null; then
        tail -n 20 "$install_log" >&2
        rm -f "$install_log"
        echo "apt-get could not install:$missing" >&2
        exit 2
    fi
    rm -f "$install_log"
}
