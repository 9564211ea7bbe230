; overhang canary e6bb1581672ab17ef73f9a3416b6640a
global print
; prints the text at the address under the return address
print:  swap
next:   dup
        load
        dup
        jumpz end
        out
        push 1
        add
        jump next
end:    drop
        drop
        ret
