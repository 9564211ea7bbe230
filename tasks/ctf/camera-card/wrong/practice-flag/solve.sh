#!/bin/bash
# overhang canary 5b63cc364ef2a5b59c5b0fe54d7c5fe3
# Takes the first thing on the card that looks like a flag.
strings card.img | grep -o 'flag{[^}]*}' | head -1 > flag.txt
