package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, h http.Handler, method, address string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, address, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandlerRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, method, address string
		want                  int
	}{
		{"another release", "GET", "/static/guichet.000000000000.css", 404},
		{"folder", "GET", "/static/", 404},
		{"folder of scripts", "GET", "/static/js", 404},
		{"above the folder", "GET", "/static/../web.go", 404},
		{"unknown", "GET", "/static/secret.css", 404},
		{"post", "POST", Asset("guichet.css"), 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := get(t, Handler(), tt.method, tt.address).Code; got != tt.want {
				t.Errorf("%s %s = %d, want %d", tt.method, tt.address, got, tt.want)
			}
		})
	}
}

func TestHandlerServesEveryFile(t *testing.T) {
	for _, name := range Names() {
		hashed := get(t, Handler(), "GET", Asset(name))
		if hashed.Code != 200 || hashed.Header().Get("Content-Type") != types[path.Ext(name)] {
			t.Errorf("GET %s = %d %s", Asset(name), hashed.Code, hashed.Header().Get("Content-Type"))
		}
		if got, want := hashed.Header().Get("Cache-Control"), "public, max-age=31536000, immutable"; got != want {
			t.Errorf("%s: Cache-Control = %q, want %q", Asset(name), got, want)
		}
		sum := sha512.Sum384(hashed.Body.Bytes())
		if got := "sha384-" + base64.StdEncoding.EncodeToString(sum[:]); got != Integrity(name) {
			t.Errorf("%s: body has hash %s, integrity says %s", name, got, Integrity(name))
		}
		plain := get(t, Handler(), "GET", Prefix+name)
		if plain.Code != 200 || plain.Header().Get("Cache-Control") != "no-cache" {
			t.Errorf("GET %s = %d, Cache-Control %q", name, plain.Code, plain.Header().Get("Cache-Control"))
		}
	}
}

func TestHandlerPacksForWhoTakesIt(t *testing.T) {
	address := Asset("guichet.css")
	plain := get(t, Handler(), "GET", address)
	packed := get(t, Handler(), "GET", address, "Accept-Encoding", "br, gzip;q=0.8")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers = %v, want gzip that varies", packed.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
		t.Errorf("unpacked body differs from the plain one (%v)", err)
	}
	if plain.Header().Get("ETag") == packed.Header().Get("ETag") {
		t.Error("packed and plain body share an ETag")
	}
	for _, refusing := range []string{"", "identity", "gzip;q=0", "gzip; q=0.0", "br"} {
		if w := get(t, Handler(), "GET", address, "Accept-Encoding", refusing); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("Accept-Encoding %q got %s", refusing, w.Header().Get("Content-Encoding"))
		}
	}
}

func TestHandlerAnswersNotModified(t *testing.T) {
	address := Asset("guichet.css")
	tag := get(t, Handler(), "GET", address).Header().Get("ETag")
	for header, want := range map[string]int{
		tag: 304, "W/" + tag: 304, `"a", ` + tag: 304, "*": 304, `"a"`: 200, "": 200,
	} {
		w := get(t, Handler(), "GET", address, "If-None-Match", header)
		if w.Code != want || want == 304 && w.Body.Len() > 0 {
			t.Errorf("If-None-Match %q = %d with %d bytes, want %d", header, w.Code, w.Body.Len(), want)
		}
	}
	if w := get(t, Handler(), "HEAD", address); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "" {
		t.Errorf("HEAD = %d with %d bytes, length %q", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

func TestPrepareRefuses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"missing import", map[string]string{"static/a.js": `import { b } from "./b.js";`}, "there is not"},
		{"circle", map[string]string{"static/a.js": "import \"./b.js\";", "static/b.js": "import \"./a.js\";"}, "each other"},
		{"unknown type", map[string]string{"static/a.exe": "x"}, "no known type"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			from := fstest.MapFS{}
			for name, content := range tt.files {
				from[name] = &fstest.MapFile{Data: []byte(content)}
			}
			if _, err := prepare(from); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("prepare() = %v, want %q", err, tt.want)
			}
		})
	}
}

func TestScriptsImportHashedAddresses(t *testing.T) {
	from := fstest.MapFS{
		"static/js/a.js": {Data: []byte("import { b } from \"./b.js\";\nb();\n")},
		"static/js/b.js": {Data: []byte("export function b() {}\n")},
	}
	first, err := prepare(from)
	if err != nil {
		t.Fatal(err)
	}
	if want := "import { b } from \"" + first.must("js/b.js").url + "\";\nb();\n"; string(first.must("js/a.js").plain) != want {
		t.Errorf("a.js = %q, want %q", first.must("js/a.js").plain, want)
	}
	from["static/js/b.js"].Data = []byte("export function b() { return 1; }\n")
	second, err := prepare(from)
	if err != nil {
		t.Fatal(err)
	}
	if first.must("js/a.js").url == second.must("js/a.js").url {
		t.Error("a.js keeps its address when what it imports changes")
	}
}

// TestScriptsKeepTheRules: no HTML from strings, no evaluation, no foreign host.
func TestScriptsKeepTheRules(t *testing.T) {
	for _, name := range Names() {
		content := string(shipped.must(name).plain)
		for _, forbidden := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
			"new Function", "https://", "localStorage", "data:", "@import", "url("} {
			if strings.Contains(content, forbidden) {
				t.Errorf("%s contains %s", name, forbidden)
			}
		}
	}
}

func TestStylesheetIsSmall(t *testing.T) {
	if size := len(shipped.must("guichet.css").plain); size > 40_000 {
		t.Errorf("guichet.css has %d bytes, at most 40,000 are allowed", size)
	}
}
