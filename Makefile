# ots: a TAK server made of Unix filters. The two commands of the README are
# `make run` and `make check`; both install what they need by `make deps`.

VERSION := 0.4.0
PREFIX  ?= /usr/local
DESTDIR ?=

CFLAGS ?= -O2 -g
comma  := ,
B      := build$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(VALGRIND),-valgrind)
WARN   := -Wall -Wextra -Wshadow -Wformat=2 -Wconversion -Wstrict-prototypes \
          -Wmissing-prototypes -Wcast-qual -Wwrite-strings -Wpointer-arith \
          -Wvla -Wundef $(if $(CI),-Werror)
HARD   := $(if $(FUZZER),-fsanitize=fuzzer-no-link) \
          $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
          -fno-omit-frame-pointer,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
          -fstack-protector-strong -fstack-clash-protection) -fPIE
LDHARD := $(if $(SAN),-fsanitize=$(SAN)) -pie \
          -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed
ALLCPP  = -std=c11 -D_GNU_SOURCE -DOTS_VERSION='"$(VERSION)"' -Ilib -I$B/gen \
          $(if $(SAN),-DOTS_SAN) $(PKG_CFLAGS) $(CPPFLAGS)
# Asked when first needed: `make run` may have to install pkg-config before.
PKG_CFLAGS  = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags libxml-2.0 \
              libseccomp openssl libpq sqlite3 libsodium libqrencode libzip \
              libprotobuf-c))$(PKG_CFLAGS)

# What each program links beside libc: stated here once, compared with
# `readelf -d` by tests/t/libraries.t.
PROGS            := $(notdir $(patsubst %/main.c,%,$(wildcard cmd/*/main.c)))
LIBS_ots-auth    := -lpq -lsqlite3 -lsodium
LIBS_ots-certs   := -lssl -lcrypto -lqrencode -lzip
LIBS_ots-listen  := -lssl -lcrypto -lprotobuf-c
LIBS_ots-parse   := -lxml2 -lprotobuf-c -lseccomp
LIBS_ots-route   :=
LIBS_ots-cat     := -lssl -lcrypto -lxml2 -lprotobuf-c
LIBS_ots-query   := -lpq -lsqlite3
LIBS_ots-replay  := -lxml2 -lprotobuf-c
LIBS_ots-store   := -lpq -lsqlite3
LIBS_ots-user    := -lpq -lsqlite3 -lsodium

SCRIPT_PROGS     := ots-phone

LIB_SRC   := $(wildcard lib/*.c)
PROTO     := $(patsubst lib/%.proto,$B/gen/%.pb-c,$(wildcard lib/*.proto))
UNIT      := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ      := $(patsubst tests/fuzz/%.c,$B/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH     := $(patsubst tests/bench/%.c,$B/bench/%,$(wildcard tests/bench/*.c))
HELPERS   := $(patsubst tests/helper/%.c,$B/helper/%,$(wildcard tests/helper/*.c))
obj        = $(patsubst %.c,$B/%.o,$(1))
core       = $(call obj,$(filter-out %/main.c,$(wildcard cmd/$(1)/*.c)))

# A unit test of a program's core links that core too.
CORE_test_parse   := ots-parse
CORE_test_parse_pb := ots-parse
CORE_fuzz_parse   := ots-parse
CORE_test_fanout  := ots-listen
CORE_test_listen  := ots-listen
CORE_test_listen_proto := ots-listen
CORE_test_listen_kinds := ots-listen
CORE_test_listen_switch := ots-listen
CORE_test_listen_tls := ots-listen
CORE_test_listen_crowd := ots-listen
CORE_test_listen_receipt := ots-listen
CORE_test_mesh    := ots-listen
CORE_test_mesh_heard := ots-listen
CORE_fuzz_auth    := ots-listen
CORE_fuzz_mesh    := ots-listen
CORE_test_route   := ots-route
CORE_test_route_state  := ots-route
CORE_test_route_alert  := ots-route
CORE_test_route_again  := ots-route
CORE_test_route_groups := ots-route
CORE_test_route_peers  := ots-route
CORE_test_route_model  := ots-route
CORE_test_route_users  := ots-route
CORE_test_route_access := ots-route
CORE_test_route_regroup := ots-route
CORE_test_route_mesh := ots-route
CORE_test_route_mail := ots-route
CORE_test_route_stored := ots-route
CORE_test_replay  := ots-replay
CORE_test_replay_pb := ots-replay
CORE_test_cat     := ots-cat
CORE_test_cat_proto := ots-cat
CORE_test_cat_codec := ots-cat
CORE_test_auth    := ots-auth
CORE_test_auth_check := ots-auth
CORE_test_auth_feed := ots-auth
CORE_test_auth_files := ots-auth
CORE_test_certs   := ots-certs
CORE_test_package := ots-certs
CORE_test_check   := ots-certs
CORE_test_qr      := ots-certs
CORE_test_spool   := ots-store
CORE_test_facts   := ots-store
CORE_test_facts_kinds := ots-store
CORE_test_rows    := ots-store
CORE_test_writer  := ots-store
CORE_test_mail    := ots-store
CORE_test_origin  := ots-store
CORE_test_mail_once := ots-store
CORE_test_latest  := ots-store
CORE_test_spool_recover := ots-store
CORE_test_spool_hurt := ots-store
CORE_test_pass    := ots-store
CORE_test_pass_full := ots-store
CORE_test_query_out := ots-query
TEST_LIBS := -lcmocka -lxml2 -lprotobuf-c -lseccomp -lssl -lcrypto -lpq -lsqlite3 \
             -lsodium -lqrencode -lzip -lm

.PHONY: all run check check-fast check-suite check-valgrind tests bench lint \
	lint-tidy lint-cppcheck lint-analyzer lint-scripts lint-man lint-banned \
	lint-format fuzz fuzz-build install uninstall deps deps-run libs headers \
	format clean
.DEFAULT_GOAL := all

all: $(PROGS:%=$B/bin/%) $(SCRIPT_PROGS:%=$B/bin/%)

$(SCRIPT_PROGS:%=$B/bin/%): $B/bin/%: cmd/%.sh
	@mkdir -p $(@D)
	install -m 755 $< $@

.SECONDEXPANSION:
$(PROGS:%=$B/bin/%): $$(call obj,$$(wildcard cmd/$$(@F)/*.c)) $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ $(LIBS_$(@F))

$B/libots.a: $(call obj,$(LIB_SRC)) $(PROTO:%=%.o)
	@rm -f $@
	$(AR) rcs $@ $^

# What protoc-c writes; lib/cotpb alone includes it.
$(PROTO:%=%.c): $B/gen/%.pb-c.c: lib/%.proto
	@mkdir -p $(@D)
	protoc-c --c_out=$(@D) -Ilib $<

$(PROTO:%=%.h): %.h: %.c ;

$(PROTO:%=%.o): %.o: %.c
	$(CC) $(ALLCPP) $(CFLAGS) $(HARD) -c -o $@ $<

$(filter $B/lib/cotpb%,$(call obj,$(LIB_SRC))): | $(PROTO:%=%.h)

$(UNIT): $B/unit/%: $B/tests/unit/%.o $$(call core,$$(CORE_$$*)) $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# The corpus replays without libFuzzer; `make fuzz` builds with it.
$(FUZZ): $B/fuzz/%: $B/tests/fuzz/%.o $$(call core,$$(CORE_$$*)) \
    $(if $(FUZZER),,$B/tests/fuzz/replay.o) $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $^ \
	    $(TEST_LIBS)

$(BENCH): $B/bench/%: $B/tests/bench/%.o $(call obj,$(wildcard tests/bench/load/*.c)) \
    $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ -lssl -lcrypto -lxml2 -lprotobuf-c \
	    -lpq -lsqlite3 -lm

$(HELPERS): $B/helper/%: $B/tests/helper/%.o $B/libots.a
	@mkdir -p $(@D)
	$(CC) $(LDHARD) $(LDFLAGS) -o $@ $^ -lseccomp -lm

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALLCPP) $(CFLAGS) $(WARN) $(HARD) -MMD -MP -c -o $@ $<

# The server ------------------------------------------------------------------

deps:
	@tools/deps run check

deps-run:
	@tools/deps run

# As many jobs as processors, unless the user has said how many.
PARALLEL = $(if $(findstring j,$(firstword $(MAKEFLAGS))),,-j $(shell nproc))

run: deps-run
	@echo 'make: building'
	@+$(MAKE) -s $(PARALLEL) all
	@exec s6-services/ots-server --bin '$(abspath $B/bin)' \
	    --data "$${OTS_DATA_FOLDER:-$(CURDIR)/run}"

SHARE := $(DESTDIR)$(PREFIX)/share

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(SHARE)/ots
	install -m 755 $(PROGS:%=$B/bin/%) $(SCRIPT_PROGS:%=$B/bin/%) \
	    s6-services/ots-server \
	    $(DESTDIR)$(PREFIX)/bin
	set -e; for m in man/*.[1-9]; do \
	    install -D -m 644 $$m $(SHARE)/man/man$${m##*.}/$${m##*/}; done
	rm -rf $(SHARE)/ots/s6-services
	cp -R s6-services $(SHARE)/ots/s6-services
	rm -f $(SHARE)/ots/s6-services/ots-server

uninstall:
	cd $(DESTDIR)$(PREFIX)/bin && rm -f $(PROGS) $(SCRIPT_PROGS) ots-server
	set -e; for m in man/*.[1-9]; do \
	    rm -f $(SHARE)/man/man$${m##*.}/$${m##*/}; done
	rm -rf $(SHARE)/ots

# Tests -----------------------------------------------------------------------

# These look at the sources or at how the programs are linked: once is enough.
ONCE    := $(patsubst %,tests/t/%.t,layers libraries size banned headers \
           install lint-man readme)
PROGRAM := $(wildcard tests/t/*.t)
E2E     := $(wildcard tests/e2e/*.t)
VENV    := $(CURDIR)/build/pytak
# Two at a time but for the end-to-end tests, which measure.
PROVE    = BIN='$(abspath $B/bin)' BUILD='$(abspath $B)' SAN='$(SAN)' \
           CMOCKA_MESSAGE_OUTPUT=TAP PYTAK_PYTHON='$(VENV)/bin/python' \
           prove -j 2 --rules 'seq=tests/e2e/*' --rules 'par=**'
MEMCHECK := valgrind -q --error-exitcode=99 --leak-check=full \
            --errors-for-leak-kinds=definite

# For tests/t/libraries.t: PROGRAM=-lx,-ly ...
libs:
	@echo '$(foreach p,$(PROGS),$p=$(subst $() ,$(comma),$(LIBS_$p)))'

tests: all $(UNIT) $(FUZZ) $(BENCH) $(HELPERS)

check:
	@tools/deps run check
	@tools/pytak '$(VENV)' || test -z '$(CI)'
	@echo '== building, as shipped and with sanitizers'
	@+$(MAKE) -s $(PARALLEL) tests
	@+$(MAKE) -s $(PARALLEL) SAN=address,undefined tests
	@echo '== under valgrind'
	@+$(MAKE) -s check-valgrind
	@echo '== with address and undefined behaviour sanitizers'
	@+$(MAKE) -s SAN=address,undefined check-suite
	@echo '== as shipped'
	@+$(MAKE) -s check-suite

check-suite:
	@$(PROVE) -e '' $(UNIT) \
	    $(if $(SAN),$(filter-out $(ONCE),$(PROGRAM)),$(PROGRAM)) $(E2E)

check-valgrind:
	@OTS_EVENTS=2000 $(PROVE) -e '$(MEMCHECK)' $(UNIT)

check-fast: tests
	@$(PROVE) -e '' $(UNIT) $(PROGRAM)

bench: all $(BENCH)
	BIN='$(abspath $B/bin)' tests/bench/run

FUZZ_SECONDS ?= 60

fuzz:
	@tools/deps run check fuzz
	@+$(MAKE) -s $(PARALLEL) CC=clang SAN=address,undefined FUZZER=1 B=build-fuzz \
	    fuzz-build
	@set -e; for f in $(FUZZ:$B/fuzz/fuzz_%=%); do echo "== $$f"; \
	    mkdir -p build-fuzz/found/$$f build-fuzz/new/$$f; \
	    build-fuzz/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) \
	        -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 -verbosity=0 \
	        -artifact_prefix=build-fuzz/found/$$f/ \
	        build-fuzz/new/$$f tests/fuzz/corpus/$$f; done

fuzz-build: $(FUZZ)

# Style and static analysis ---------------------------------------------------

C_ALL   := $(shell find lib cmd tests -name '*.c')
# Without the table of X() lines, which is no header.
HEADERS := $(filter-out lib/log_events.h,$(shell find lib cmd tests -name '*.h'))
SCRIPTS := .ci/run $(addprefix s6-services/,ots-server finish log-run) \
           $(filter-out %.cfg,$(wildcard tools/*)) $(wildcard tests/t/*.sh \
           s6-services/*/run) \
           $(shell grep -lE '^\#!.*/(ba)?sh' tests/t/*.t tests/e2e/*.t 2>/dev/null)

lint:
	@tools/deps run check lint
	@+$(MAKE) -s -k $(PARALLEL) lint-tidy lint-cppcheck lint-analyzer lint-scripts \
	    lint-man lint-banned lint-format headers
	@echo 'lint: clean'

lint-tidy: $(C_ALL:%=tidy//%)

tidy//%: % | $(PROTO:%=%.h)
	@clang-tidy --quiet $< -- $(ALLCPP) 2>/dev/null

QUEUE_H = /usr/include/$(shell $(CC) -dumpmachine)/sys/queue.h

# Suppressed: a NULL that ends arguments (the sentinel attribute checks it), and
# two notes that take a slot read twice for one value, and what a helper that is
# to be killed does not free.
lint-cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,portability \
	    --error-exitcode=1 --inline-suppr --include=$(QUEUE_H) \
	    --library=tools/cppcheck.cfg --suppress=missingIncludeSystem \
	    --suppress=varFuncNullUB --suppress=identicalInnerCondition \
	    --suppress=identicalConditionAfterEarlyExit \
	    --suppress=memleak:tests/helper/sandbox_probe.c \
	    -D__GNUC__ -D_GNU_SOURCE -Ilib lib cmd tests

# gcc 12 does not follow a pointer into a container, or out of a list: leaks and
# uses after free are left to clang-tidy, valgrind and the sanitizers.
lint-analyzer: $(patsubst %,analyzer//%,$(filter-out tests/%,$(C_ALL)))

analyzer//%: % | $(PROTO:%=%.h)
	@$(CC) $(ALLCPP) $(WARN) -O1 -fanalyzer \
	    -Wno-analyzer-malloc-leak -Wno-analyzer-use-after-free -Werror -c -o /dev/null $<

lint-scripts:
	@shellcheck $(SCRIPTS)

lint-man:
	@mandoc -Tlint -W warning man/*.[1-9]

lint-banned:
	@sh tests/t/banned.t >/dev/null || sh tests/t/banned.t

lint-format:
	@clang-format --dry-run -Werror $(C_ALL) $(HEADERS)

format:
	clang-format -i $(C_ALL) $(HEADERS)

# Each header compiles alone.
headers: | $(PROTO:%=%.h)
	@set -e; for h in $(HEADERS); do \
	    $(CC) $(ALLCPP) $(WARN) -Werror -fsyntax-only -include $$h \
	        -x c /dev/null; done

clean:
	rm -rf build build-*

-include $(shell find $B -name '*.d' 2>/dev/null)
