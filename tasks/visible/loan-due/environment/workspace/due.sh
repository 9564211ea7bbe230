#!/bin/bash
# overhang canary c57ea1dfbd1c7221fb440112f937f5b5
# due.sh KIND DATE: prints the day on which something lent on DATE is due.

case $1 in
    book) days=28 ;;
    film) days=7 ;;
    game) days=14 ;;
esac
date -d "$2 + $days days" +%F
