#!/bin/bash
# overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d
set -e
cat > ffi.rs <<"END"
// overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d
mod frames;

use std::ffi::CString;
use std::os::raw::{c_char, c_int};
use std::panic;
use std::sync::Once;

const OK: c_int = 0;
const INVALID: c_int = 1;
const PANIC: c_int = 2;
const ARGUMENT: c_int = 3;

static QUIET: Once = Once::new();

#[no_mangle]
pub unsafe extern "C" fn frames_check(data: *const u8, size: usize, text: *mut *mut c_char, count: *mut usize) -> c_int {
    if !text.is_null() {
        *text = std::ptr::null_mut();
    }
    if !count.is_null() {
        *count = 0;
    }
    if text.is_null() || count.is_null() || data.is_null() && size > 0 {
        return ARGUMENT;
    }
    let bytes = if size == 0 { &[] } else { std::slice::from_raw_parts(data, size) };
    QUIET.call_once(|| panic::set_hook(Box::new(|_| {})));
    match panic::catch_unwind(|| frames::check(bytes)) {
        Err(_) => PANIC,
        Ok(Err(_)) => INVALID,
        Ok(Ok(texts)) => match CString::new(texts.join(",")) {
            Err(_) => INVALID,
            Ok(joined) => {
                *count = texts.len();
                *text = joined.into_raw();
                OK
            }
        },
    }
}

#[no_mangle]
pub unsafe extern "C" fn frames_free(text: *mut c_char) {
    if !text.is_null() {
        drop(CString::from_raw(text));
    }
}
END
cat > Makefile <<"END"
# overhang canary 11fa9981ccbaa632fbc4b0fa5f7a936d
RUST = ffi.rs frames.rs

all: libframes.a libframes.so sensord

libframes.a libframes.so &: $(RUST)
	rustc --edition 2021 -O --crate-type staticlib --crate-type cdylib --crate-name frames ffi.rs

sensord: main.c frames.h libframes.a
	gcc -O2 -o $@ main.c libframes.a -lpthread -ldl -lm -lgcc_s

clean:
	rm -f libframes.a libframes.so sensord

.PHONY: all clean
END
