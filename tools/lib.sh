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

# quietly NAME COMMAND...: runs it, and shows what it printed only if it fails.
quietly() {
  log=$cache/$1.log
  shift
  mkdir -p "$cache"
  "$@" >"$log" 2>&1 9>&- || {
    cat "$log" >&2
    die "failed: $*"
  }
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
    no_services
    export DEBIAN_FRONTEND=noninteractive
    quietly apt apt-get install -y -qq --no-install-recommends "$@"
  ) 9>"$cache/apt.lock"
}

# no_services: until this shell ends, Debian packages start none (nginx would, on port 80).
no_services() {
  policy=/usr/sbin/policy-rc.d
  [ ! -e "$policy" ] || return 0
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}

# fresh_lists: package lists that are absent, or older than a day, are fetched.
fresh_lists() {
  mkdir -p "$cache"
  (
    flock 9
    # The lists' own times are the archive's.
    stamp=$cache/apt-lists.updated
    [ -z "$(ls /var/lib/apt/lists/*Packages* 2>/dev/null)" ] ||
      [ -z "$(find "$stamp" -mtime -1 2>/dev/null)" ] || exit 0
    say "updating the package lists"
    quietly apt-lists apt-get update -qq
    touch "$stamp"
  ) 9>"$cache/apt-lists.lock"
}

# mirror LABEL: the address of that Debian archive (Debian, Debian-Security) among the machine's own
# apt sources, of whichever release, written in whichever form.
mirror() {
  fresh_lists
  found=$(apt-get indextargets --format '$(LABEL)|$(ORIGIN)|$(REPO_URI)' 'Created-By: Packages' |
    awk -F'|' -v label="$1" '$1 == label && $2 == "Debian" {print $3; exit}')
  [ -n "$found" ] || [ "$1" != Debian ] || die "no Debian archive among this machine's apt sources"
  echo "$found"
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
    forget_unused "$1"
  ) 9>"$cache/$1.lock"
  # When it was last used, for forget_unused.
  touch "$made/.complete"
  echo "$made"
}

# forget_unused NAME: what other pins made is removed after two weeks without use.
forget_unused() {
  find "$cache" -maxdepth 2 -path "$cache/$1-*/.complete" -mtime +14 |
    while IFS= read -r mark; do rm -rf "${mark%/.complete}"; done
}
