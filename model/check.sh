#!/bin/bash
# Builds the checker and runs all lists. Prints each line that is not as it must be, then a count; fails if there was one.
cd "$(dirname "$0")" || exit 2
g++ -O2 -std=c++17 -o mc mc.cpp || exit 2
export NOTRACE=1
run() { # list, verdict, extra options
  ./runs.sh "$3" < "$1" | tee -a results.txt | grep -v " :: $2" && return 1
  return 0
}
: > results.txt
bad=0
run scopes.txt OK "" || bad=1
run hardened.txt OK "fence=1 r_gc=0 r_delwt=1 r_sfirst=2" || bad=1
run hardened.txt OK "fence=1 r_gc=0 r_delwt=1 r_sfirst=0 r_recheckS=0" || bad=1
run mutants.txt VIOLATION "" || bad=1
awk '/:: OK/ { ok++; split($0, a, "states="); states += a[2] } /:: VIOLATION/ { violated++ } END { printf "%d hold (%.1f million states), %d are found out\n", ok, states / 1e6, violated }' results.txt
exit $bad
