# ots: a TAK server made of Unix filters. The two commands of the README are
# `make run` and `make check`; both install what they need by `make deps`.

VERSION := 0.1.0
PREFIX  ?= /usr/local
DESTDIR ?=

CFLAGS ?= -O2 -g
comma  := ,
B      := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(VALGRIND),-valgrind)
WARN   := -Wall -Wextra -Wshadow -Wformat=2 -Wconversion -Wstrict-prototypes \
          -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wpointer-arith \
          -Wvla -Wundef $(if $(CI),-Werror)
HARD   := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
          -fno-omit-frame-pointer,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
          -fstack-protector-strong -fstack-clash-protection) -fPIE
LDHARD := $(if $(SAN),-fsanitize=$(SAN)) -pie \
          -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ALLCPP  = -std=c11 -D_GNU_SOURCE -DOTS_VERSION='"$(VERSION)"' -Ilib \
          $(if $(SAN),-DOTS_SAN) $(PKG_CFLAGS) $(CPPFLAGS)
PKG_CFLAGS = $(shell pkg-config --cflags libxml-2.0 libseccomp 2>/dev/null)

# What each program links beside libc: stated here once, compared with
# `readelf -d` by tests/t/libraries.t.
PROGS            := ots-listen ots-parse ots-route ots-cat ots-replay
LIBS_ots-listen  :=
LIBS_ots-parse   := -lxml2 -lseccomp
LIBS_ots-route   :=
LIBS_ots-cat     :=
LIBS_ots-replay  :=

LIB_SRC   := $(wildcard lib/*.c)
UNIT      := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ      := $(patsubst tests/fuzz/%.c,$B/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH     := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/*.c))
HELPERS   := $(patsubst tests/helper/%.c,$B/helper/%,$(wildcard tests/helper/*.c))
obj        = $(patsubst %.c,$B/%.o,$(1))
core       = $(call obj,$(filter-out %/main.c,$(wildcard cmd/$(1)/*.c)))

# A unit test of a program's core links that core too.
CORE_test_parse   := ots-parse
CORE_test_fanout  := ots-listen
CORE_test_listen  := ots-listen
CORE_test_route   := ots-route
CORE_test_replay  := ots-replay
CORE_test_cat     := ots-cat
TEST_LIBS := -lcmocka -lxml2 -lseccomp -lm

.PHONY: all run check check-unit check-programs check-fuzz check-san \
	check-valgrind bench lint fuzz install uninstall deps headers format \
	clean
.DEFAULT_GOAL := all

all: $(PROGS:%=$B/bin/%)

.SECONDEXPANSION:
$(PROGS:%=$B/bin/%): $$(call obj,$$(wildcard cmd/$$(@F)/*.c)) $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ $(LIBS_$(@F))

$B/libots.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(UNIT): $B/unit/%: $B/tests/unit/%.o $$(call core,$$(CORE_$$*)) $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# The corpus replays without libFuzzer; `make fuzz` builds with it.
$(FUZZ): $B/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/replay.o $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

$(BENCH): $B/bench/%: $B/tests/bench/%.o $(call obj,$(wildcard tests/bench/load/*.c)) \
    $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ -lm

$(HELPERS): $B/helper/%: $B/tests/helper/%.o $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ -lseccomp -lm

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALLCPP) $(CFLAGS) $(WARN) $(HARD) -MMD -MP -c -o $@ $<

clean:
	rm -rf build build-*

-include $(shell find $B -name '*.d' 2>/dev/null)
