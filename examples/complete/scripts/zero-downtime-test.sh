#!/usr/bin/env bash
# Asks URLs again and again while a release goes on, and says for every run who answered:
#
#   run 17  https://nginx.example.com/  200  nginx v2
#
# With `terraform-provider-bluegreen` on PATH (or named in PROBE) a run is a second of its probe, many requests on new
# and kept connections; without it, or with PROBE=none, a run is one curl a URL. Ends with exit code 1 if any request
# failed: no answer, or a status that is not 200 to 399.
set -euo pipefail

usage() {
    cat >&2 <<'EOF'
usage: zero-downtime-test.sh [options] URL...
  --runs N                     end after N runs; until Ctrl-C when left out
  --requests-per-second N      requests a second for each URL, with the probe (default 10)
  --version-header NAME        response header with the version; else x-task-definition, else the body's first line
  --resolve HOST:PORT:ADDRESS  where a host really is; may be given several times
  --source ADDRESS             local address to call from
  --ca-file FILE               certificates to trust instead of the system's, a PEM file
EOF
    exit 2
}

runs=0 rate=10 header="" urls=() probe_options=() curl_options=()
while [ $# -gt 0 ]; do
    case "$1" in
    http://* | https://*)
        urls+=("$1")
        shift
        continue
        ;;
    esac
    [ $# -ge 2 ] || usage
    case "$1" in
    --runs) runs="$2" ;;
    --requests-per-second) rate="$2" ;;
    --version-header)
        header="$2"
        probe_options+=(--side-header "$2")
        ;;
    --resolve)
        probe_options+=(--resolve "$2")
        curl_options+=(--resolve "$2")
        ;;
    --source)
        probe_options+=(--source "$2")
        curl_options+=(--interface "$2")
        ;;
    --ca-file)
        probe_options+=(--ca-file "$2")
        curl_options+=(--cacert "$2")
        ;;
    *) usage ;;
    esac
    shift 2
done
[ ${#urls[@]} -gt 0 ] || usage
[[ "$runs" =~ ^[0-9]+$ && "$rate" =~ ^[1-9][0-9]*$ ]] || usage

probe="${PROBE:-$(command -v terraform-provider-bluegreen || true)}"
[ "$probe" = none ] && probe=""

folder=$(mktemp -d)
requests=0 failures=0 run=0

summary() {
    rm -rf "$folder"
    echo "$requests requests in $run runs, $failures failed"
    [ "$failures" -eq 0 ] || exit 1
    exit 0
}
trap summary INT TERM

# A second of the probe. Its table has a row for each URL, and below it a line for each further kind of answer.
with_probe() {
    local code=0
    "$probe" probe --duration 1s --requests-per-second "$rate" ${probe_options[@]+"${probe_options[@]}"} \
        "${urls[@]}" \
        >"$folder/table" 2>"$folder/progress" || code=$?
    if ! grep -q '^URL ' "$folder/table"; then
        cat "$folder/progress" >&2
        exit 2
    fi
    awk -v run="$run" -v counts="$folder/counts" '
        /^URL / { next }
        /^FAILED / { print "run " run "  " substr($0, 8) "  FAILED"; next }
        /^https?:/ && / × / {
            url = $1; requests += $2; failed += $3
        }
        / × / {
            line = $0
            sub(/^.* × /, "", line)
            status = line
            sub(/ .*/, "", status)
            sub(/^[^ ]* ?/, "", line)
            print "run " run "  " url "  " status "  " line
        }
        END { print requests + 0, failed + 0 > counts }
    ' "$folder/table"
    local asked failed
    read -r asked failed <"$folder/counts"
    # Whatever the probe says failed has failed, also what this script did not understand.
    if [ "$code" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
    requests=$((requests + asked)) failures=$((failures + failed))
}

# The value of a response header, whatever its case.
header_of() {
    awk -v name="$1" '
        { sub(/\r$/, "") }
        tolower($0) ~ "^" tolower(name) ":" { sub(/^[^:]*: */, ""); value = $0 }
        END { print value }
    ' "$folder/headers"
}

with_curl() {
    local url status version
    for url in "${urls[@]}"; do
        : >"$folder/headers"
        : >"$folder/body"
        status=$(curl --silent --show-error --max-time 10 ${curl_options[@]+"${curl_options[@]}"} \
            --dump-header "$folder/headers" --output "$folder/body" --write-out '%{http_code}' "$url" 2>"$folder/error") || true
        version=""
        [ -z "$header" ] || version=$(header_of "$header")
        [ -n "$version" ] || version=$(header_of x-task-definition)
        [ -n "$version" ] || version=$(tr -d '\000' <"$folder/body" | grep -m 1 '[^[:space:]]' | cut -c 1-40 || true)
        requests=$((requests + 1))
        if [[ "$status" =~ ^[23] ]]; then
            echo "run $run  $url  $status  $version"
        else
            failures=$((failures + 1))
            echo "run $run  $url  ${status:-000}  FAILED ${version:-$(head -n 1 "$folder/error")}"
        fi
    done
    [ "$runs" -eq "$run" ] || sleep 1
}

while [ "$runs" -eq 0 ] || [ "$run" -lt "$runs" ]; do
    run=$((run + 1))
    if [ -n "$probe" ]; then with_probe; else with_curl; fi
done
summary
