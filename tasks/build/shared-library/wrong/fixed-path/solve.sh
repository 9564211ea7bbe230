#!/bin/bash
# overhang canary d072b44d3184a3272a4422def77342f3
# The program looks for the library where it was built and under PREFIX.
set -e
cat > coins.map <<'END'
# overhang canary d072b44d3184a3272a4422def77342f3
COINS_1 {
    global: coins_parse; coins_format; coins_grow;
    local: *;
};
COINS_2 {
    global: coins_parse; coins_format_locale;
} COINS_1;
END
cat > Makefile <<'END'
# overhang canary d072b44d3184a3272a4422def77342f3
CC = gcc
CFLAGS = -O2 -Wall
PREFIX = /usr/local
DESTDIR =

NAMES = coins parse format
TARGET = $(DESTDIR)$(PREFIX)
PUBLIC = coins_parse coins_format coins_format_locale coins_grow

all: libcoins.so.2.1 libcoins.a coinsum

%.pic.o: %.c coins.h internal.h
	$(CC) $(CFLAGS) -fPIC -DSHARED -c -o $@ $<

%.static.o: %.c coins.h internal.h
	$(CC) $(CFLAGS) -c -o $@ $<

libcoins.so.2.1: $(NAMES:=.pic.o) coins.map
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libcoins.so.2 -Wl,--version-script=coins.map \
	    -Wl,-z,defs -Wl,-z,text -Wl,--as-needed -o $@ $(NAMES:=.pic.o) -lm

# One object, whose helpers have been made local.
libcoins.a: $(NAMES:=.static.o)
	$(LD) -r -o all.o $(NAMES:=.static.o)
	objcopy $(PUBLIC:%=--keep-global-symbol=%) all.o
	rm -f $@
	$(AR) rcs $@ all.o

libcoins.so: libcoins.so.2.1
	ln -sf libcoins.so.2.1 libcoins.so.2
	ln -sf libcoins.so.2 libcoins.so

# $ORIGIN for the program as built, $ORIGIN/../lib for it once installed.
coinsum: coinsum.static.o libcoins.so
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,-rpath,$(CURDIR):$(PREFIX)/lib -o $@ coinsum.static.o -L. -lcoins

install: all
	mkdir -p $(TARGET)/include $(TARGET)/lib $(TARGET)/bin
	install -m 644 coins.h $(TARGET)/include/
	install -m 644 libcoins.so.2.1 libcoins.a $(TARGET)/lib/
	ln -sfn libcoins.so.2.1 $(TARGET)/lib/libcoins.so.2
	ln -sfn libcoins.so.2 $(TARGET)/lib/libcoins.so
	install -m 755 coinsum $(TARGET)/bin/

clean:
	rm -f *.o libcoins.so* libcoins.a coinsum

.PHONY: all install clean
END
cat > edit.py <<'END'
# overhang canary d072b44d3184a3272a4422def77342f3
text = open("parse.c", encoding="utf-8").read()
new, old = text.index("coins coins_parse("), text.index("/* What coins_parse was")
versioned = '__attribute__((symver("coins_parse@%s")))\ncoins coins_parse_v%d('
text = (text[:new] + "#ifdef SHARED\n" + versioned % ("@COINS_2", 2) + "const char *text, char mark)\n#else\n"
        + text[new:old].replace("char mark)\n", "char mark)\n#endif\n").rstrip() + "\n\n#ifdef SHARED\n"
        + text[old:].replace("coins coins_parse_v1(", versioned % ("COINS_1", 1)) + "#endif\n")
open("parse.c", "w", encoding="utf-8").write(text)
END
python3 edit.py
rm edit.py
make
