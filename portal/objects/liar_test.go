package objects_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/portal/objects"
)

// liar is an object store in memory that answers a request as lie says, and else as it
// must. elsewhere is where it sends those who follow.
type liar struct {
	t         *testing.T
	mu        sync.Mutex
	objects   map[string][]byte // by path
	lie       func(w http.ResponseWriter, r *http.Request) bool
	server    *httptest.Server
	elsewhere *httptest.Server
	followed  atomic.Int32
}

func newLiar(t *testing.T) *liar {
	l := &liar{t: t, objects: map[string][]byte{}}
	l.server = httptest.NewServer(l)
	l.elsewhere = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.followed.Add(1)
		l.honest(w, r)
	}))
	t.Cleanup(func() {
		for _, s := range []*httptest.Server{l.server, l.elsewhere} {
			s.CloseClientConnections()
			s.Close()
		}
	})
	return l
}

func (l *liar) open() *objects.Bucket {
	l.t.Helper()
	b, err := objects.New(objects.Config{Endpoint: l.server.URL, Bucket: "guichet", Prefix: "p", AccessKey: "a", SecretKey: "secret"})
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	lie := l.lie
	l.mu.Unlock()
	if lie == nil || !lie(w, r) {
		l.honest(w, r)
	}
}

func (l *liar) tell(lie func(w http.ResponseWriter, r *http.Request) bool) {
	l.mu.Lock()
	l.lie = lie
	l.mu.Unlock()
}

func (l *liar) honest(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.Method == http.MethodPut:
		l.objects[r.URL.Path] = content(l.t, r)
		w.Header().Set("ETag", etag(l.objects[r.URL.Path]))
	case r.URL.Query().Has("list-type"):
		fmt.Fprint(w, listing(false, "p/2026-11-22/a", "p/2026-11-22/b"))
	case l.objects[r.URL.Path] == nil:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `<Error><Code>NoSuchKey</Code></Error>`)
	default:
		give(w, l.objects[r.URL.Path])
	}
}

func give(w http.ResponseWriter, content []byte) {
	w.Header().Set("ETag", etag(content))
	w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.Write(content)
}

func etag(content []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(content)) }

func listing(more bool, names ...string) string {
	text := `<ListBucketResult><Name>guichet</Name><IsTruncated>` + strconv.FormatBool(more) + `</IsTruncated><NextContinuationToken>on</NextContinuationToken>`
	for _, name := range names {
		text += `<Contents><Key>` + name + `</Key><LastModified>2026-11-22T12:00:00.000Z</LastModified><Size>1</Size></Contents>`
	}
	return text + `</ListBucketResult>`
}

// content is what is put, out of the pieces that are signed one by one.
func content(t *testing.T, r *http.Request) []byte {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return body
	}
	var whole []byte
	pieces := bufio.NewReader(bytes.NewReader(body))
	for {
		line, err := pieces.ReadString('\n')
		size, bad := strconv.ParseInt(strings.Split(strings.TrimSpace(line), ";")[0], 16, 64)
		if err != nil || bad != nil {
			t.Errorf("a piece begins with %q", line)
			return whole
		}
		if size == 0 {
			return whole
		}
		piece := make([]byte, size+2)
		io.ReadFull(pieces, piece)
		whole = append(whole, piece[:size]...)
	}
}

// endless writes until nobody reads.
func endless(w http.ResponseWriter, begin, piece string) {
	io.WriteString(w, begin)
	for more := strings.Repeat(piece, 1+(64<<10)/len(piece)); ; {
		if _, err := io.WriteString(w, more); err != nil {
			return
		}
	}
}

// TestLies: an object store that lies is believed in nothing: what it says it has taken is
// read back, what it gives has the length that was put or is refused, where it points
// nobody goes, and it costs neither memory nor time without bound. That the bytes are the
// right ones, their address tells (package store).
func TestLies(t *testing.T) {
	l := newLiar(t)
	sealed := bytes.Repeat([]byte("sealed "), 3000)
	b := l.open()
	if err := b.Put(t.Context(), "2026-11-22/good", sealed); err != nil {
		t.Fatal(err)
	}
	if got, err := b.Get(t.Context(), "2026-11-22/good", int64(len(sealed))); err != nil || !bytes.Equal(got, sealed) {
		t.Fatalf("Get = %d bytes, %v", len(got), err)
	}
	away := func(code int) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("X-Amz-Bucket-Region", "elsewhere-1")
			http.Redirect(w, r, l.elsewhere.URL+r.URL.Path, code)
			return true
		}
	}
	failure := []byte(`<?xml version="1.0"?><Error><Code>InternalError</Code><Message>no</Message></Error>`)
	onGet := func(lie func(w http.ResponseWriter)) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodGet {
				lie(w)
			}
			return r.Method == http.MethodGet
		}
	}
	for name, tt := range map[string]struct {
		lie      func(w http.ResponseWriter, r *http.Request) bool
		mayRead  bool // Get gives bytes of the right length
		mayStore bool
	}{
		"other bytes": {onGet(func(w http.ResponseWriter) { give(w, bytes.Repeat([]byte("another "), 3000)[:len(sealed)]) }), true, false},
		"cut":         {onGet(func(w http.ResponseWriter) { give(w, sealed[:len(sealed)-1]) }), false, false},
		"cut, and said to be whole": {onGet(func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", strconv.Itoa(len(sealed)))
			w.Write(sealed[:len(sealed)/2])
		}), false, false},
		"longer": {onGet(func(w http.ResponseWriter) { give(w, append(bytes.Clone(sealed), 'x')) }), false, false},
		"longer than said": {onGet(func(w http.ResponseWriter) {
			c, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"0\"\r\nLast-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\n\r\n%sHTTP/1.1 200 OK\r\n", len(sealed), sealed)
			c.Close()
		}), true, true}, // what is behind the end of an answer nobody reads
		"nothing": {onGet(func(w http.ResponseWriter) { give(w, nil) }), false, false},
		"wrong tag": {onGet(func(w http.ResponseWriter) {
			w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 12:00:00 GMT")
			w.Header().Set("ETag", `"0"`)
			w.Write(sealed)
		}), true, true},
		"an error that is said to be good": {func(w http.ResponseWriter, r *http.Request) bool { give(w, failure); return true }, false, false},
		"an error that is said to be taken": {func(w http.ResponseWriter, r *http.Request) bool {
			give(w, failure)
			return r.Method == http.MethodPut || r.Method == http.MethodGet
		}, false, false},
		"taken, and there is nothing": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				w.Header().Set("ETag", etag(sealed))
			}
			return r.Method == http.MethodPut
		}, true, false},
		"without end": {onGet(func(w http.ResponseWriter) { endless(w, "", "sealed ") }), false, false},
		"an answer to a put without end": {func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut {
				endless(w, "", "x")
			}
			return r.Method == http.MethodPut
		}, true, false},
		"an error without end": {func(w http.ResponseWriter, r *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			endless(w, "<Error><Code>", "x")
			return true
		}, false, false},
		"elsewhere for good":   {away(http.StatusMovedPermanently), false, false},
		"elsewhere this time":  {away(http.StatusTemporaryRedirect), false, false},
		"elsewhere, and found": {away(http.StatusFound), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := l.open()
			l.tell(tt.lie)
			began := time.Now()
			err := b.Put(t.Context(), "2026-11-22/"+strconv.Itoa(len(name)), sealed)
			if tt.mayStore != (err == nil) || err != nil && !errors.Is(err, objects.ErrUnavailable) {
				t.Errorf("Put = %v", err)
			}
			got, err := l.open().Get(t.Context(), "2026-11-22/good", int64(len(sealed)))
			if tt.mayRead != (err == nil) || err == nil && len(got) != len(sealed) || err != nil && (got != nil || !errors.Is(err, objects.ErrUnavailable)) {
				t.Errorf("Get = %d bytes, %v", len(got), err)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	if n := l.followed.Load(); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

// TestLyingLists: a list of names that is not one of this day, does not go on, or never
// ends, is no list.
func TestLyingLists(t *testing.T) {
	l := newLiar(t)
	objects.SetSilence(t, time.Second)
	page := 0
	for name, tt := range map[string]struct {
		lie  func(w http.ResponseWriter)
		good bool
	}{
		"as it must be":      {func(w http.ResponseWriter) { fmt.Fprint(w, listing(false, "p/2026-11-22/a", "p/2026-11-22/b")) }, true},
		"of another day":     {func(w http.ResponseWriter) { fmt.Fprint(w, listing(false, "p/2026-11-21/a")) }, false},
		"of another store":   {func(w http.ResponseWriter) { fmt.Fprint(w, listing(false, "q/2026-11-22/a")) }, false},
		"that goes up":       {func(w http.ResponseWriter) { fmt.Fprint(w, listing(false, "p/2026-11-22/../../q/a")) }, false},
		"again and again":    {func(w http.ResponseWriter) { fmt.Fprint(w, listing(true, "p/2026-11-22/a", "p/2026-11-22/b")) }, false},
		"nothing, and more":  {func(w http.ResponseWriter) { fmt.Fprint(w, listing(true)) }, false},
		"back":               {func(w http.ResponseWriter) { fmt.Fprint(w, listing(false, "p/2026-11-22/b", "p/2026-11-22/a")) }, false},
		"an error as a list": {func(w http.ResponseWriter) { fmt.Fprint(w, `<Error><Code>InternalError</Code></Error>`) }, false},
		"not XML":            {func(w http.ResponseWriter) { fmt.Fprint(w, `good`) }, false},
		"without end": {func(w http.ResponseWriter) {
			endless(w, "<ListBucketResult>", "<Contents><Key>p/2026-11-22/a</Key></Contents>")
		}, false},
		"a name without end": {func(w http.ResponseWriter) { endless(w, "<ListBucketResult><Contents><Key>p/2026-11-22/", "x") }, false},
		"ever new, each time": {func(w http.ResponseWriter) {
			page++
			fmt.Fprint(w, listing(page < 4, fmt.Sprintf("p/2026-11-22/a%05d", page)))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			l.tell(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Has("list-type") {
					tt.lie(w)
				}
				return r.URL.Query().Has("list-type")
			})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			n := 0
			err := l.open().Each(ctx, "2026-11-22", func(string, time.Time) error { n++; return nil })
			if tt.good != (err == nil) || err != nil && !errors.Is(err, objects.ErrUnavailable) || n > 10 {
				t.Errorf("Each = %d names, %v", n, err)
			}
			if ctx.Err() != nil {
				t.Error("only its caller ended it")
			}
			runtime.ReadMemStats(&after)
			if got := int64(after.Sys) - int64(before.Sys); got > 256<<20 {
				t.Errorf("it took %d MB", got>>20)
			}
		})
	}
}
