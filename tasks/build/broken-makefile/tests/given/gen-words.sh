#!/bin/sh
# overhang canary 7b68b2e5981652c8a9279ba1461f8835
# gen-words.sh LIST: writes the C header for the word list to standard output
echo '/* generated, do not edit */'
echo '#define WORDS \'
while read -r key text; do
    case $key in
    '#'*|'') ;;
    '!'*) echo "gen-words: bad line: $key $text" >&2; exit 1 ;;
    *) printf '    X("%s", "%s") \\\n' "$key" "$text" ;;
    esac
done < "$1"
echo
