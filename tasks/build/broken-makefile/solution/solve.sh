#!/bin/bash
# overhang canary 7b68b2e5981652c8a9279ba1461f8835
set -e
cat > Makefile <<'END'
# overhang canary 7b68b2e5981652c8a9279ba1461f8835
OUT = build
CC = gcc
CFLAGS = -O2 -Wall

# What the project itself needs, whatever the command line sets.
NEEDED = -Iinclude -Isrc -I$(OUT)/gen -MMD -MP
LIBS = -lm

objects = $(patsubst %.c,$(OUT)/obj/%.o,$(sort $(wildcard $(1)/*.c)))
MAIN := $(call objects,src)
TEXT := $(call objects,lib/text)
BASE := $(call objects,lib/base)
OBJECTS := $(MAIN) $(TEXT) $(BASE)

.DELETE_ON_ERROR:

all: $(OUT)/greet

# Rewritten when the set of files changes, and only then.
define remember
ifneq ($$(strip $$(shell cat $(OUT)/$(1).list 2>/dev/null)),$$(strip $(2)))
$(OUT)/$(1).list: FORCE
endif
endef
$(eval $(call remember,main,$(MAIN)))
$(eval $(call remember,text,$(TEXT)))
$(eval $(call remember,base,$(BASE)))

$(OUT)/main.list: ; @mkdir -p $(@D) && echo '$(MAIN)' > $@
$(OUT)/text.list: ; @mkdir -p $(@D) && echo '$(TEXT)' > $@
$(OUT)/base.list: ; @mkdir -p $(@D) && echo '$(BASE)' > $@

$(OUT)/greet: $(MAIN) $(OUT)/libtext.a $(OUT)/libbase.a $(OUT)/main.list Makefile
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(MAIN) $(OUT)/libtext.a $(OUT)/libbase.a $(LIBS)

$(OUT)/libtext.a: $(TEXT) $(OUT)/text.list Makefile
	rm -f $@ && $(AR) rcs $@ $(TEXT)

$(OUT)/libbase.a: $(BASE) $(OUT)/base.list Makefile
	rm -f $@ && $(AR) rcs $@ $(BASE)

$(OUT)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(NEEDED) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# Made before anything else: when an included file has been remade, make starts over and
# sees the header as it now is. The header itself only changes with its content.
ifneq ($(MAKECMDGOALS),clean)
include $(OUT)/gen/words.mk
endif
$(OUT)/gen/words.mk: words.list gen-words.sh Makefile
	@mkdir -p $(@D)
	sh gen-words.sh words.list > $(OUT)/gen/words.new
	cmp -s $(OUT)/gen/words.new $(OUT)/gen/words.h || cp $(OUT)/gen/words.new $(OUT)/gen/words.h
	@rm -f $(OUT)/gen/words.new
	@touch $@

clean:
	rm -rf $(OUT)

FORCE:

.PHONY: all clean FORCE

-include $(OBJECTS:.o=.d)
END
make
