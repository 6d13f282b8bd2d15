# The stages of ./test. Each is a function stage_NAME that runs its tests and calls `count PASSED FAILED [SKIPPED]`;
# a stage that returns non-zero without counting a failure counts as one. Sourced after house.sh.

total_passed=0 total_failed=0 total_skipped=0
stage_passed=0 stage_failed=0 stage_skipped=0
table=()
failures=build/test/failures # what failed, said again at the very end: the middle of a long log is what gets lost

count() {
  stage_passed=$((stage_passed + $1))
  stage_failed=$((stage_failed + $2))
  stage_skipped=$((stage_skipped + ${3:-0}))
}

# Runs one stage, adds up and times it. A failure ends the stage, not the run: the others may still tell something.
perform() {
  local stage=$1 began=$SECONDS word=ok
  stage_passed=0 stage_failed=0 stage_skipped=0
  say "== $stage"
  if ! "stage_$stage" && [ $stage_failed -eq 0 ]; then
    stage_failed=1
  fi
  [ $stage_failed -eq 0 ] || word=FAILED
  total_passed=$((total_passed + stage_passed))
  total_failed=$((total_failed + stage_failed))
  total_skipped=$((total_skipped + stage_skipped))
  table+=("$(printf '%-13s %6d passed %4d failed %4d skipped %5ds  %s' \
    "$stage" $stage_passed $stage_failed $stage_skipped $((SECONDS - began)) "$word")")
}

summary() {
  if [ -s "$failures" ]; then
    printf '\nwhat failed\n'
    head -n 60 "$failures"
  fi
  printf '%s\n' "" "${table[@]}" "in $((SECONDS / 60)) min $((SECONDS % 60)) s" \
    "$total_passed passed, $total_failed failed, $total_skipped skipped"
  [ $total_failed -eq 0 ] || exit 1
}

# Takes the counts from a program whose last line is "N passed, N failed[, N skipped]". Its whole output is shown.
run_counted() {
  local log=$1 last
  shift
  "$@" 2>&1 | tee "$log" >&2 || true
  grep -E -A 3 '^ *FAILED' "$log" >>"$failures" || true
  last=$(tail -n 1 "$log")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    count "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[4]:-0}"
  else
    say "$1 ended without its line of counts" 2> >(tee -a "$failures" >&2)
    count 0 1
  fi
}

# --- checks on the sources ------------------------------------------------------------------------------------

# What git tracks or would track; all of it when this is no git checkout (a source archive).
cxx_sources() {
  if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    git ls-files -- 'src/*.cc' 'src/*.h' 'hook/*.cc' 'hook/*.h' 'front/*.cc' 'tests/*.cc' 'tests/*.h' 'bench/*.cc' 'bench/*.h' 'tools/*.cc' |
      while read -r file; do [ ! -e "$file" ] || echo "$file"; done
  else
    find src hook front tests bench tools -name '*.cc' -o -name '*.h'
  fi
}

stage_format() {
  local bad
  # shellcheck disable=SC2016  # the inner shell expands
  mapfile -t bad < <(cxx_sources | xargs -P "$(jobs)" -I{} \
    sh -c 'clang-format-19 --dry-run -Werror "$1" >/dev/null 2>&1 || echo "$1"' sh {} | sort)
  [ ${#bad[@]} -eq 0 ] || say "  not formatted, clang-format-19 -i mends it: ${bad[*]}"
  count $(($(cxx_sources | wc -l) - ${#bad[@]})) ${#bad[@]}
}

stage_architecture() {
  run_counted build/test/architecture.log python3 tests/architecture/run.py
}

# --- unit tests -----------------------------------------------------------------------------------------------

# unit_tests PRESET [ctest arguments]: runs what is built under build/PRESET.
unit_tests() {
  local preset=$1 results=$top/build/test/$1 counts
  shift
  rm -rf "$results"
  mkdir -p "$results"
  GTEST_OUTPUT=json:$results/ ctest --test-dir "build/$preset" -j "$(jobs)" --output-on-failure --timeout 900 \
    --output-junit "$results/ctest.xml" "$@" >"$results/ctest.log" 2>&1 || true
  if [ ! -s "$results/ctest.xml" ]; then
    tail -n 20 "$results/ctest.log" >&2
    count 0 1
    return
  fi
  counts=$(python3 tools/sum_ctest.py "$results/ctest.xml" "$results" 2>"$results/failed") || { count 0 1; return; }
  # shellcheck disable=SC2086  # three numbers
  count $counts
  [ -s "$results/failed" ] || return 0
  {
    sed "s/^ *failed/FAILED $preset/" "$results/failed"
    grep -E -A 6 ': Failure$|ERROR: |runtime error:|^FAIL: |^AssertionError' "$results/ctest.log" | head -n 40
    echo "  all of it: ${results#"$top"/}/ctest.log"
  } | tee -a "$failures" >&2
}

stage_dev() {
  build dev all all_tests && unit_tests dev
}

stage_release() {
  build release all all_tests benches && unit_tests release && soaks release
}

# soaks PRESET: kill loops and replay checks against the whole program; WEIR_TEST_LEVEL=full makes them long.
soaks() {
  local program
  for program in tests/soak/*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    run_counted "build/test/soak-$(basename "$program").log" "$program" "build/$1"
  done
}

stage_asan() {
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  build asan all all_tests && unit_tests asan
}

# The rooms with threads. A room's tests belong here when its main header is not pure and it starts threads.
stage_tsan() {
  # Some tests fork where a thread of an earlier test may still be ending, and the child starts threads of its own.
  export TSAN_OPTIONS=halt_on_error=1:die_after_fork=0
  build tsan daemon_tests store_tests net_tests gateway_tests weir-hook && unit_tests tsan -R '^(daemon|store|net|gateway)(\.[0-9]+)?$'
}

# --- the whole program ----------------------------------------------------------------------------------------

stage_e2e() {
  build release all || return 1
  run_counted build/test/e2e.log python3 tests/e2e/run.py --programs build/release
  run_counted build/test/mcp-servers.log python3 tests/e2e/mcp_servers.py --programs build/release
}

# Ways out of the pod; at full length beside other sandboxes (docs/escape.md).
stage_escape() {
  local others=()
  [ "$WEIR_TEST_LEVEL" != full ] || others=(--all)
  build release all || return 1
  run_counted build/test/escape.log python3 tests/escape/run.py --programs build/release --check \
    --json build/test/escape.json "${others[@]}"
}

stage_fuzz() {
  local seconds=${WEIR_FUZZ_SECONDS:-60} program short running=0
  build fuzz all || return 1
  rm -f build/test/fuzz/*/ended
  for program in build/fuzz/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    [ $running -lt "$(jobs)" ] || { wait -n || true; running=$((running - 1)); }
    fuzz_one "$program" "$seconds" &
    running=$((running + 1))
  done
  wait
  for program in build/fuzz/fuzz_*; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    short=$(fuzz_name "$program")
    case $(cat "build/test/fuzz/$short/ended" 2>/dev/null) in
      0) count 1 0 ;;
      *) count 0 1 ;;
    esac
  done
  [ $((stage_passed + stage_failed)) -gt 0 ] || { say "  no fuzz target was built"; return 1; }
}

fuzz_name() { basename "$1" | sed 's/^fuzz_//'; }

# fuzz_one PROGRAM SECONDS: runs beside others and leaves its exit code in the file `ended`. What is found is kept
# under build/test/fuzz/NAME; a crash is to be added to the corpus when it is mended.
fuzz_one() {
  local program=$1 seconds=$2 short dir corpus code=0
  short=$(fuzz_name "$program")
  dir=build/test/fuzz/$short
  corpus=$(find tests/fuzz -type d -name "${short}_corpus" | head -n 1)
  mkdir -p "$dir/found"
  say "  fuzzing $short for ${seconds}s"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$dir/" "$dir/found" ${corpus:+"$corpus"} >"$dir/log" 2>&1 || code=$?
  echo $code >"$dir/ended"
  [ $code -eq 0 ] || { tail -n 15 "$dir/log" >&2; say "  $short failed; the input lies in $dir/"; }
}

# Kill loops and long runs: the unit tests that read WEIR_TEST_LEVEL run again at full length, then tests/soak/*.
stage_soak() {
  build release all all_tests || return 1
  WEIR_TEST_LEVEL=full unit_tests release -R '^(ledger|store|daemon)(\.[0-9]+)?$'
  WEIR_TEST_LEVEL=full soaks release
}

stage_bench() {
  local program
  build release all benches || return 1
  # What a guarded call costs; figures and targets in docs/benchmarks.md.
  if python3 bench/hook_round_trip.py build/release --check --json build/test/hook_round_trip.json >&2; then
    count 1 0
  else
    count 0 1
  fi
  for program in build/release/bench/*_bench; do
    [ -x "$program" ] && [ -f "$program" ] || continue
    say "  $(basename "$program")"
    if bench_one "$program" >"build/test/$(basename "$program").log" 2>&1; then
      count 1 0
    else
      tail -n 10 "build/test/$(basename "$program").log" >&2
      count 0 1
    fi
  done
}

# scan_bench is no Google Benchmark program: it measures a scan of transcripts beside its parts.
bench_one() {
  local program=$1 transcripts=build/test/transcripts
  if [ "$(basename "$program")" = scan_bench ]; then
    rm -rf "$transcripts"
    python3 bench/make_transcripts.py "$transcripts" 100 --seed 6 && "$program" "$transcripts"
    return
  fi
  "$program" --benchmark_out="build/test/$(basename "$program").json" --benchmark_out_format=json
}

# clang reads the same compile commands as g++; flags only g++ knows are not errors here. What was clean and has not
# changed is not looked at again: all of it takes most of an hour.
stage_tidy() {
  local sources dir=build/test/tidy
  configure dev "$top/build/dev" "$top/build/test/tidy-configure.log" || return 1
  cmake --preset dev >>"$top/build/test/tidy-configure.log" 2>&1 || return 1 # new files get their commands
  rm -rf "$dir"
  mkdir -p "$dir"
  mapfile -t sources < <(cxx_sources | grep -E '^(src|hook|front|tools)/.*\.cc$')
  run_counted build/test/tidy.log python3 tools/tidy.py build/dev "$(jobs)" "$dir" build/tidy-clean "${sources[@]}"
}
