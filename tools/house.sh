# What ./run and ./test share: talking to the person, setting the machine up, building. Sourced by bash, not run.
#
#   top=/path/of/the/checkout; . "$top/tools/house.sh"
#   install_packages packaging/debian-packages.txt
#   build release weir weir-hook
#
# Progress goes to standard error, so that standard output stays the program's own.

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 3; }

have() { command -v "$1" >/dev/null 2>&1; }

# --- packages -------------------------------------------------------------------------------------------------

# The names in a package list: comments and blank lines dropped.
package_names() { sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$1"; }

# node and npm from elsewhere serve as well as Debian's; installing Debian's over them would shadow them.
comes_from_elsewhere() {
  case $1 in
    nodejs) have node ;;
    npm) have npm ;;
    *) return 1 ;;
  esac
}

missing_packages() {
  local name
  package_names "$1" | while read -r name; do
    comes_from_elsewhere "$name" && continue
    dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -qx installed || echo "$name"
  done
}

# Installs what is missing of a list. A stamp remembers that this machine has all of this very list, so that a
# second call looks at one file and nothing else.
install_packages() {
  local list=$1 digest stamp
  # A fresh container has no machine-id.
  digest=$({ cat "$list" /etc/machine-id /etc/debian_version 2>/dev/null || true; } | sha256sum | cut -c1-16)
  stamp=$top/build/packages-$(basename "$list" .txt)-$digest
  [ -e "$stamp" ] && return
  if have apt-get && have dpkg-query; then
    install_with_apt "$list"
  else
    say "this is not a Debian; please install the equivalents of ${list#"$top"/} yourself"
  fi
  mkdir -p "$top/build"
  touch "$stamp"
}

install_with_apt() {
  local list=$1 root=() log=$top/build/apt.log
  local -a missing
  mapfile -t missing < <(missing_packages "$list")
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    have sudo || die "these Debian packages are missing and sudo is not here: ${missing[*]}; install them as root"
    root=(sudo)
  fi
  mkdir -p "$top/build"
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${root[@]}" apt-get update -qq >"$log" 2>&1 || true # an old index may do; the install says if not
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >>"$log" 2>&1 && return
  tail -n 5 "$log" >&2
  die "apt-get could not install ${missing[*]} (${log#"$top"/}); is there a network? Once they are there this step is skipped"
}

# --- building -------------------------------------------------------------------------------------------------

jobs() { echo "${WEIR_JOBS:-$(nproc)}"; }

# One line on a terminal that is rewritten, or one line every half minute elsewhere, until process $1 ends.
show_progress() {
  local pid=$1 log=$2 label=$3 seconds=0 step
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    step=$(tail -n 1 "$log" 2>/dev/null | grep -oE '^\[[0-9]+/[0-9]+\]' || true)
    if [ -t 2 ]; then
      printf '\r%s %s %ds ' "$label" "$step" "$seconds" >&2
    elif [ $((seconds % 30)) -eq 0 ]; then
      say "$label $step ${seconds}s"
    fi
  done
  [ -t 2 ] && printf '\r\033[K' >&2
  return 0
}

# build PRESET TARGET…: configures when needed and builds; silent but for progress, the end of the log on failure.
build() {
  local preset=$1 dir=$top/build/$1 log=$top/build/$1/build.log pid
  shift
  mkdir -p "$dir"
  : >"$log"
  configure "$preset" "$dir" "$log" || { show_failure "configuring the $preset build" "$log"; return 1; }
  cmake --build "$dir" -j "$(jobs)" --target "$@" >>"$log" 2>&1 &
  pid=$!
  show_progress "$pid" "$log" "building ($(basename "$dir"))"
  wait "$pid" || { show_failure "the $preset build" "$log"; return 1; }
}

# A cache written for another checkout path (a copied directory) is thrown away.
configure() {
  local preset=$1 dir=$2 log=$3 fresh=()
  if [ -e "$dir/CMakeCache.txt" ]; then
    grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$top" "$dir/CMakeCache.txt" || fresh=(--fresh)
    [ ${#fresh[@]} -eq 0 ] && [ -e "$dir/build.ninja" ] && return
  fi
  (cd "$top" && cmake --preset "$preset" "${fresh[@]}") >>"$log" 2>&1
}

show_failure() {
  # The first error is the one to mend; what ninja ran in parallel after it only hides it.
  grep -nE -m 3 -A 12 '(^|[^-])error[: ]|FAILED:|CMake Error' "$2" >&2 || tail -n 40 "$2" >&2
  say "$1 failed; all of it: ${2#"$top"/}"
}
