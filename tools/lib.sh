# shellcheck shell=sh
# What the tools share: where things are cached, how they are made once, what the machine lacks.
# To be sourced with `root` set to the checkout's path.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/no502

# say TEXT...: a line for people; standard output carries answers only.
say() { printf 'no502: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# hash FILE...: twelve digits that change when any of the files does.
hash() { cat -- "$@" | sha256sum | cut -c1-12; }

# need COMMAND PACKAGE...: has the packages installed where the command is missing.
need() {
  command -v "$1" >/dev/null && return
  shift
  install "$@"
}

# install PACKAGE...: from the machine's own apt sources, one installation at a time.
install() {
  command -v apt-get >/dev/null || die "missing: $* (no apt-get here: install it by hand)"
  [ "$(id -u)" = 0 ] || die "missing: $* (run as root, or: apt-get install $*)"
  mkdir -p "$cache"
  (
    flock 9
    fresh_lists
    say "installing Debian packages: $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
      >"$cache/apt.log" 2>&1 || { cat "$cache/apt.log" >&2; die "could not install: $*"; }
  ) 9>"$cache/apt.lock"
}

# fresh_lists: package lists that are absent, or older than a day, are fetched.
fresh_lists() {
  [ -n "$(find /var/lib/apt/lists -name '*Packages*' -mtime -1 2>/dev/null | head -n 1)" ] && return
  say "updating the package lists"
  apt-get update -qq >&2
}

# cached NAME KEY: prints the directory of NAME as its pins (KEY) make it. Where it is absent, the
# caller's function `build DIRECTORY` makes it, once, whoever else asks meanwhile. A virtual
# environment cannot be moved, so what is complete is told by a mark, not by a rename.
# Not to be called where the shell ignores failures (`cached ... ||`, in an `if`).
cached() {
  made=$cache/$1-$2
  mkdir -p "$cache"
  [ -e "$made/.complete" ] || (
    flock 9
    [ ! -e "$made/.complete" ] || exit 0
    rm -rf "$made"
    mkdir "$made"
    build "$made" >&2 9>&-
    touch "$made/.complete"
  ) 9>"$cache/$1.lock"
  echo "$made"
}
