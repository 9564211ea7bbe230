; overhang canary e6bb1581672ab17ef73f9a3416b6640a
; adds up the digits at the start of the input, then copies what follows the next byte
global main
main:   push 0
next:   in
        dup
        push '0'
        less
        jumpz digit
        drop
        num
echo:   in
        dup
        push -1
        same
        jumpz copy
        push 0
        halt
copy:   out
        jump echo
digit:  push '0'
        sub
        add
        jump next
