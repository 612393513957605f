package objectstest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/portal/objects"
)

// Fault is what a Front does to what passes.
type Fault int32

// Faults.
const (
	None   Fault = iota
	Slow         // no answer begins within the client's patience
	Broken       // 500 to all
	Half         // half of what is put arrives, and the answer is that all did
	Wrong        // what is read differs by a bit from what is there
	Short        // what is read ends early
	Reset        // the connection ends without an answer
)

// Front stands before an S3 server and spoils what passes.
type Front struct {
	URL   string
	fault atomic.Int32
	quit  chan struct{}
}

// NewFront makes a party in between, ended with the test. What it is given last holds for
// the requests that come then.
func NewFront(t testing.TB, endpoint string) *Front {
	t.Helper()
	to, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &Front{quit: make(chan struct{})}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to) // and the Host that was signed stays
		r.Out.Host = r.In.Host
	}, ModifyResponse: f.spoil}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(w, r, pass) }))
	f.URL = server.URL
	t.Cleanup(func() { close(f.quit); server.CloseClientConnections(); server.Close() })
	return f
}

// Set has it do that from now on.
func (f *Front) Set(fault Fault) { f.fault.Store(int32(fault)) }

// Config reaches the server through it.
func (f *Front) Config(cfg objects.Config) objects.Config {
	cfg.Endpoint = f.URL
	return cfg
}

func (f *Front) serve(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	switch Fault(f.fault.Load()) {
	case Slow:
		select {
		case <-time.After(time.Minute):
		case <-f.quit:
		case <-r.Context().Done():
		}
		return
	case Broken:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case Reset:
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		}
		return
	case Half:
		if r.Method == http.MethodPut { // it says yes, and kept nothing that holds
			io.CopyN(io.Discard, r.Body, r.ContentLength/2)
			w.Header().Set("ETag", `"00000000000000000000000000000000"`)
			w.WriteHeader(http.StatusOK)
			return
		}
	}
	pass.ServeHTTP(w, r)
}

func (f *Front) spoil(answer *http.Response) error {
	if answer.Request.Method != http.MethodGet || answer.StatusCode != http.StatusOK {
		return nil
	}
	switch Fault(f.fault.Load()) {
	case Wrong:
		answer.Body = &flipped{answer.Body}
	case Short:
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, answer.ContentLength/2), answer.Body}
	}
	return nil
}

// flipped changes a bit of each piece that is read.
type flipped struct{ io.ReadCloser }

func (b *flipped) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		p[n/2] ^= 1
	}
	return n, err
}
