# Shared by the scripts beside it; sourced, never run. Gives: root, say, die, need.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What each job needs, by Debian 12's names.
build_packages=(gcc libc6-dev pkg-config meson ninja-build python3 librdkafka-dev libssl-dev libyaml-dev libjansson-dev libmicrohttpd-dev
        librocksdb-dev)
test_packages=(g++ clang libclang-rt-dev libcriterion-dev libavro-dev python3-avro python3-yaml openjdk-17-jdk-headless maven
        kcat openssl procps ca-certificates git dpkg-dev)
check_packages=(clang-format gcovr abigail-tools shellcheck)

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

# Debian's compiler runtime for sanitizers and fuzzing carries its version in its name.
resolve() { local p; for p; do case $p in libclang-rt-dev) echo libclang-rt-14-dev ;; *) echo "$p" ;; esac; done; }

missing() {
        local p
        for p in $(resolve "$@"); do
                [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2> /dev/null)" = installed ] || echo "$p"
        done
}

# Installs what is missing of the named packages; without apt, or without the right, says what to install and ends.
need() {
        if ! command -v apt-get > /dev/null; then
                say "This system has no apt. Install these (Debian's names), then run ${0##*/} again:"
                say "  $*"
                local tool absent=
                for tool in cc pkg-config meson ninja python3; do command -v "$tool" > /dev/null || absent+=" $tool"; done
                for tool in rdkafka libcrypto yaml-0.1 jansson libmicrohttpd; do
                        pkg-config --exists "$tool" 2> /dev/null || absent+=" $tool"
                done
                [ -z "$absent" ] && return
                die "not found here:$absent"
        fi
        local list as=()
        list=$(missing "$@")
        [ -n "$list" ] || return 0
        if [ "$(id -u)" != 0 ]; then
                command -v sudo > /dev/null || die "not root and no sudo; as root run: apt-get install $(echo $list)"
                as=(sudo)
        fi
        say "Installing: $(echo $list)"
        local log
        log=$(mktemp)
        # An old package list makes an install fail on a version that is gone, so refresh it first.
        if ! { "${as[@]}" apt-get update -q && "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends $list; } > "$log" 2>&1; then
                tail -n 20 "$log" >&2
                die "the packages could not be installed (the end of apt's words is above; all of them in $log)"
        fi
        rm -f "$log"
}

# Configures and builds in $1, silently when there is nothing to do; on failure the end of the words.
build() {
        local dir=$1 log
        shift
        log=$(mktemp)
        if [ ! -e "$dir/build.ninja" ]; then
                say "Configuring ${dir#"$root"/}"
                meson setup "$@" "$dir" "$root" > "$log" 2>&1 || { tail -n 30 "$log" >&2; die "meson failed; its log: $dir/meson-logs/meson-log.txt"; }
        fi
        say "Building ${dir#"$root"/}"
        ninja -C "$dir" > "$log" 2>&1 || { grep -v '^\[' "$log" | tail -n 60 >&2; die "the build failed"; }
        rm -f "$log"
}

# The same with the tests: a folder configured before their packages were there has none in it.
build_tests() {
        if [ -e "$1/build.ninja" ] && ! meson introspect --tests "$1" 2> /dev/null | grep -q '"core/arena"'; then
                meson configure --clearcache "$1"
                meson setup --reconfigure "$1" "$root" > /dev/null
        fi
        build "$1"
}
