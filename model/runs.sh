#!/bin/bash
# usage: runs.sh "<extra options>" < list-of-scopes ; prints one line per scope and the trace of each violation.
# JOBS: processes at once (1). TMO: seconds for one scope (100). NOTRACE=1: no traces. Lines that begin with # are comments.
extra="$1"; export extra
grep -Ev '^(#|$)' | xargs -P"${JOBS:-1}" -I{} bash -c 'r=$(timeout ${TMO:-100} ./mc {} $extra 2>&1 | head -80); echo "== {} $extra :: $(echo "$r" | grep -E "^(OK|VIOL|LIMIT|states)" | tr "\n" " ")"; if [ -z "$NOTRACE" ] && echo "$r" | grep -q VIOL; then echo "$r" | tail -n +2; fi'
