#!/bin/bash
# overhang canary c57ea1dfbd1c7221fb440112f937f5b5
# Run in /workspace: bash tests/run.sh
cd "$(dirname "$0")/.." || exit 2
failed=0

equal() {
    if [ "$1" != "$2" ]; then
        failed=$((failed + 1))
        echo "line ${BASH_LINENO[0]}: got '$1', want '$2'"
    fi
}

# due days
equal "$(bash due.sh book 2024-02-05)" '2024-03-04'
equal "$(bash due.sh film 2024-02-26)" '2024-03-04'
equal "$(bash due.sh game 2024-02-15)" '2024-02-29'
equal "$(bash due.sh film 2024-02-04)" '2024-02-12'
equal "$(bash due.sh film 2024-03-22)" '2024-04-02'
equal "$(bash due.sh film 2024-04-24)" '2024-05-02'
equal "$(bash due.sh book 2024-06-29)" '2024-08-05'

# fines
equal "$(bash due.sh fine film 2024-02-05 2024-02-12)" '0'
equal "$(bash due.sh fine film 2024-02-05 2024-02-15)" '150'
equal "$(bash due.sh fine book 2024-02-05 2024-03-11)" '60'
equal "$(bash due.sh fine game 2024-03-14 2024-04-02)" '25'
equal "$(bash due.sh fine film 2024-01-08 2024-12-01)" '1000'

# what is wrong
equal "$(out=$(bash due.sh comic 2024-02-05); echo "$? $out")" '2 ?'
equal "$(out=$(bash due.sh book 2024-02-30); echo "$? $out")" '2 ?'
equal "$(out=$(bash due.sh book tomorrow); echo "$? $out")" '2 ?'
equal "$(out=$(bash due.sh fine book 2024-02-05 2024-02-04); echo "$? $out")" '2 ?'
equal "$(out=$(bash due.sh book); echo "$? $out")" '2 ?'

if [ $failed -gt 0 ]; then
    echo "$failed failed"
    exit 1
fi
echo "all passed"
