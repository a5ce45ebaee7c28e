# Installs programs by the system's own packages. Sourced by ./check and ./demo; nothing else is installed by them.
#
#     need_programs bwrap:bubblewrap initdb:postgresql …
#
# takes pairs of a program and the package that holds it on Debian, and installs what is missing. Asks first at a terminal;
# without one it goes ahead where it may, and otherwise says the command that a person with the right would run.

# What one package manager calls a package that Debian calls by this name.
package_of() { # manager package
    case "$1:$2" in
        dnf:postgresql) echo "postgresql-server" ;;
        *) echo "$2" ;;
    esac
}

# Finds a program on the path, or where distributions hide those that are not for daily use.
find_program() { # program
    command -v "$1" 2>/dev/null && return 0
    local place
    for place in $(ls -d /usr/lib/postgresql/*/bin /usr/pgsql-*/bin 2>/dev/null | sort -rV) /usr/sbin /sbin; do
        [ -x "$place/$1" ] && echo "$place/$1" && return 0
    done
    [ "$1" = chromium ] && { command -v chromium-browser 2>/dev/null || command -v google-chrome 2>/dev/null; }
}

need_programs() {
    local pair missing=() packages=() manager="" command=() as_root=()
    for pair in "$@"; do
        find_program "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0

    for manager in apt-get dnf pacman apk ""; do
        [ -z "$manager" ] || ! command -v "$manager" >/dev/null || break
    done
    if [ -z "$manager" ]; then
        echo "Cannot install ${missing[*]}: none of apt-get, dnf, pacman and apk is here" >&2
        echo "hint: install ${missing[*]} in the way of this system, and try again" >&2
        return 1
    fi
    for pair in "${missing[@]}"; do packages+=("$(package_of "$manager" "$pair")"); done
    case "$manager" in
        apt-get) command=(apt-get install -y --no-install-recommends "${packages[@]}") ;;
        dnf) command=(dnf install -y "${packages[@]}") ;;
        pacman) command=(pacman -S --noconfirm --needed "${packages[@]}") ;;
        apk) command=(apk add "${packages[@]}") ;;
    esac

    if [ "$(id -u)" != 0 ]; then
        as_root=(sudo)
        if ! command -v sudo >/dev/null || { ! may_ask && ! sudo -n true 2>/dev/null; }; then
            echo "Cannot install ${missing[*]}: this needs root" >&2
            echo "hint: run \`${command[*]}\` as root, and try again" >&2
            return 1
        fi
    fi
    if may_ask; then
        local answer
        read -r -p "${missing[*]} missing. Run \`${as_root[*]:+sudo }${command[*]}\`? [Y/n] " answer </dev/tty
        case "$answer" in
            "" | [Yy]*) ;;
            *) echo "hint: install ${missing[*]} yourself, and try again" >&2 && return 1 ;;
        esac
    fi
    if [ "$manager" = apt-get ]; then
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q || return 1
        command=(env DEBIAN_FRONTEND=noninteractive "${command[@]}")
    fi
    "${as_root[@]}" "${command[@]}"
}

# Whether somebody sits at a terminal who can be asked.
may_ask() { [ -z "${CI:-}" ] && [ -t 0 ] && [ -t 2 ]; }
