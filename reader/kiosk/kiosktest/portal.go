// Package kiosktest is a portal as far as the agent of a kiosk sees one, for tests: it
// gives nonces, takes each once, checks signatures, counters and leases as portals do, and
// can be revoked, silenced, or taken off the network.
package kiosktest

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"guichet.example/reader/api"
)

// Portal is one with one kiosk. Its methods are safe for concurrent use.
type Portal struct {
	Every   time.Duration // from beat to beat, as it tells agents
	Silence time.Duration // after which a lease is over

	server *httptest.Server

	mu      sync.Mutex
	code    string // of the kiosk to be paired; empty: none is
	key     []byte // SubjectPublicKeyInfo
	state   api.KioskState
	why     string
	counter uint64
	lease   string
	beat    time.Time
	nonces  map[string]bool
	heard   []api.KioskMessage
	down    bool
}

// Start starts one that the caller closes.
func Start() *Portal {
	p := &Portal{Every: 50 * time.Millisecond, Silence: 15 * time.Second, nonces: map[string]bool{}}
	p.server = httptest.NewServer(p)
	return p
}

// Close ends it.
func (p *Portal) Close() { p.server.Close() }

// Origin is its address: "http://localhost:1234".
func (p *Portal) Origin() string {
	return "http://localhost:" + p.server.URL[strings.LastIndexByte(p.server.URL, ':')+1:]
}

// Invite lets the next key be paired that brings the code.
func (p *Portal) Invite(code string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code, p.state, p.why = code, "", ""
}

// Stop refuses the kiosk from now on.
func (p *Portal) Stop(state api.KioskState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state = state
}

// Cut takes the portal off the network, or puts it back.
func (p *Portal) Cut(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

// State is how the kiosk stands, and why it was suspended: "counter", "leases" or "".
func (p *Portal) State() (api.KioskState, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state, p.why
}

// Heard is what was taken so far.
func (p *Portal) Heard() []api.KioskMessage {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]api.KioskMessage(nil), p.heard...)
}

// ServeHTTP implements http.Handler.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down {
		cut(w)
		return
	}
	if r.URL.Path == api.KioskNoncePath {
		_ = json.NewEncoder(w).Encode(api.KioskNonce{Nonce: p.nonce()})
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, api.MaxKioskMessage+1))
	if err != nil || r.URL.Path != api.KioskMessagePath {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if refused := p.hear(body); refused != "" {
		w.WriteHeader(http.StatusForbidden)
		_ = json.NewEncoder(w).Encode(api.KioskRefusal{State: refused, Nonce: p.nonce()})
		return
	}
	_ = json.NewEncoder(w).Encode(api.KioskAnswer{Nonce: p.nonce(), Name: "Borne 1", Every: int(p.Every.Milliseconds())})
}

// cut ends the connection without a word.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		conn.Close()
	}
}

func (p *Portal) nonce() string {
	nonce := rand.Text()
	p.nonces[nonce] = true
	return nonce
}

// hear takes a message, or says why not.
func (p *Portal) hear(body []byte) api.KioskState {
	signed, m, err := api.ParseKioskSigned(body)
	if err != nil || m.Origin != p.Origin() {
		return api.KioskUnknown
	}
	spki := p.key
	if m.Kind == api.KioskPair {
		spki = m.PublicKey
	}
	key, err := api.ParseKioskKey(spki)
	if err != nil || api.KioskKeyID(spki) != m.Key || signed.VerifyKiosk(key) != nil {
		return api.KioskUnknown
	}
	if !p.nonces[m.Nonce] {
		return api.KioskStale
	}
	delete(p.nonces, m.Nonce)
	return p.judge(m)
}

func (p *Portal) judge(m api.KioskMessage) api.KioskState {
	now := time.Now()
	switch {
	case m.Kind == api.KioskPair && (p.code == "" || m.Code != p.code):
		return api.KioskUnknown
	case m.Kind == api.KioskPair:
		p.key, p.code, p.counter, p.lease = m.PublicKey, "", 0, ""
	case p.state != "":
		return p.state
	case m.Counter <= p.counter:
		p.state, p.why = api.KioskSuspended, "counter"
		return p.state
	case m.Lease == p.lease:
	case p.lease != "" && now.Sub(p.beat) < p.Silence:
		p.state, p.why = api.KioskSuspended, "leases"
		return p.state
	case m.Kind != api.KioskStart:
		return api.KioskStale
	}
	if m.Kind != api.KioskPair {
		p.lease = m.Lease
	}
	if m.Kind == api.KioskStop {
		p.lease = ""
	}
	p.counter, p.beat = m.Counter, now
	p.heard = append(p.heard, m)
	return ""
}
