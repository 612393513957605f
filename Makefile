# Guichet. Two commands do all the set-up on a fresh Debian 12 with Go, git, make and root:
#
#   make demo    builds, starts everything on this machine, walks the main journey, stays up
#   make test    runs every test; installs the programs that judge us
#
# Others: build, generate, bench, soak, fuzz, interop, clean.

GO         ?= go
BIN        := bin
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
# The S3 server that tests store documents in. It is beside the project, not in its go.mod.
VERSITYGW  := github.com/versity/versitygw/cmd/versitygw@v1.8.0

# Debian packages by the program each one brings; installed only where the program is missing.
# Servers are installed and not started: each test starts its own, in a folder of its own.
DEMO_NEEDS := gcc:gcc gcc:libc6-dev softhsm2-util:softhsm2
SERVER_NEEDS := /usr/lib/postgresql/*/bin/initdb:postgresql
IDP_NEEDS := php:php-cli /usr/lib/php/*/dom.so:php-xml /usr/lib/php/*/mbstring.so:php-mbstring \
             /usr/share/simplesamlphp/www/module.php:simplesamlphp \
             /usr/share/perl5/Lemonldap/NG/Portal/Main.pm:lemonldap-ng plackup:libplack-perl \
             /usr/lib/*/perl5/*/Lasso.pm:liblasso-perl /usr/share/perl5/XML/Simple.pm:libxml-simple-perl \
                  /usr/share/perl5/IO/String.pm:libio-string-perl /usr/share/perl5/String/Random.pm:libstring-random-perl
TEST_NEEDS := $(DEMO_NEEDS) pdfsig:poppler-utils qpdf:qpdf mutool:mupdf-tools openssl:openssl pkcs11-tool:opensc \
              chromium:chromium npm:npm node:nodejs strace:strace pinentry-curses:pinentry-curses \
              pcscd:pcscd vpcd-config:vsmartcard-vpcd zbarimg:zbar-tools $(SERVER_NEEDS) $(IDP_NEEDS)

INTEROP_NEEDS := $(DEMO_NEEDS) mvn:maven javac:default-jdk-headless python3:python3-venv pdfsig:poppler-utils

DEMO_ARGS ?=

.PHONY: demo test build generate bench soak fuzz interop lint clean demo-deps test-deps interop-deps

build: $(BIN)/guichet-softcard.so
	$(GO) build -trimpath -o $(BIN)/ ./cmd/guichet ./cmd/guichet-reader

# The stand-in for a card reader: cards that go in and out, count tries and lock.
$(BIN)/guichet-softcard.so: $(wildcard reader/softcard/proxy/*)
	@mkdir -p $(BIN)
	$(CC) -O2 -shared -fPIC -fvisibility=hidden -Wall -o $@ reader/softcard/proxy/*.c -ldl -lpthread

demo: demo-deps
	@$(MAKE) --no-print-directory build
	$(BIN)/guichet demo $(DEMO_ARGS)

test: test-deps lint
	@.ci/test -timeout 28m ./...

lint:
	@test -z "$$(gofmt -l auth certs cmd portal reader signing)" || { echo "not gofmt-clean:"; gofmt -l auth certs cmd portal reader signing; exit 1; }
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

generate:
	$(GO) tool templ generate -include-version=false
	$(GO) generate ./...

bench: build
	$(BIN)/guichet bench

soak: test-deps
	GUICHET_SOAK=1 .ci/test -timeout 3h ./...

# FUZZTIME=1m make fuzz runs every fuzz target in turn.
FUZZTIME ?= 20s
fuzz:
	@.ci/fuzz $(FUZZTIME)

# EU DSS, veraPDF and pyHanko judge what the journey "levels" makes. They are fetched in
# pinned versions; what cannot be had is named, and the run fails.
interop: interop-deps
	@$(MAKE) --no-print-directory build
	$(GO) run ./signing/interop -guichet $(BIN)/guichet -work $(BIN)/interop

interop-deps:
	-@.ci/install $(INTEROP_NEEDS)

demo-deps:
	@.ci/install $(DEMO_NEEDS)

test-deps: $(BIN)/tools/versitygw
	@set -f; .ci/install $(TEST_NEEDS)
	@test -d node_modules/axe-core || npm ci --silent --no-audit --no-fund

$(BIN)/tools/versitygw:
	GOBIN=$(abspath $(BIN)/tools) GOFLAGS= $(GO) install $(VERSITYGW)

clean:
	rm -rf $(BIN) node_modules
