; overhang canary e6bb1581672ab17ef73f9a3416b6640a
global main
extern print
main:   push hello
        call print
        push 0
        halt
hello:  text "hello, overhang canary e6bb1581672ab17ef73f9a3416b6640a\n"
