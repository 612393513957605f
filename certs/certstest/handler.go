package certstest

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxRequest bounds what a service reads of a request.
const maxRequest = 64 << 10

// Handler serves /ocsp/<authority> (POST, RFC 6960, appendix A), /crl/<authority>.crl,
// /aia/<authority>.crt and /tsa (POST, RFC 3161, 3.4).
func (p *PKI) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ocsp/{authority}", p.serve(OCSP, "application/ocsp-response", p.answerOCSP))
	mux.HandleFunc("GET /crl/{file}", p.serve(CRL, "application/pkix-crl", p.answerCRL))
	mux.HandleFunc("GET /aia/{file}", p.serve(AIA, "application/pkix-cert", p.answerAIA))
	mux.HandleFunc("POST /tsa", p.serve(TSA, "application/timestamp-reply", p.answerTSA))
	return mux
}

var errNotFound = errors.New("no such authority")

// serve does what faults of every service ask, and leaves the others to answer.
func (p *PKI) serve(s Service, contentType string, answer func(*http.Request, Fault) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		fault, delay := p.control.take(s)
		// Read to its end: only then does net/http notice a client that leaves.
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			http.Error(w, "request is too long", http.StatusRequestEntityTooLarge)
			return
		}
		if !wait(r, delay) {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		w.Header().Set("Content-Type", contentType)
		switch fault {
		case Down:
			panic(http.ErrAbortHandler) // net/http's own way to cut a connection
		case ServerError:
			http.Error(w, "out of order", http.StatusServiceUnavailable)
			return
		case WrongType:
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<p>Please sign in to this network.</p>")
			return
		case Redirect:
			http.Redirect(w, r, r.URL.Path+"?elsewhere", http.StatusTemporaryRedirect)
			return
		case Garbage:
			noise := make([]byte, 300)
			rand.Read(noise)
			w.Write(noise)
			return
		case Huge:
			io.CopyN(w, zeros{}, 64<<20)
			return
		}
		switch der, err := answer(r, fault); {
		case errors.Is(err, errNotFound):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			w.Write(der)
		}
	}
}

// wait reports whether the client is still there after d.
func wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

func (p *PKI) answerCRL(r *http.Request, f Fault) ([]byte, error) {
	slug, ok := strings.CutSuffix(r.PathValue("file"), ".crl")
	a := p.authorities[slug]
	if !ok || a == nil {
		return nil, errNotFound
	}
	return p.faultyCRL(a, f)
}

func (p *PKI) answerAIA(r *http.Request, _ Fault) ([]byte, error) {
	slug, ok := strings.CutSuffix(r.PathValue("file"), ".crt")
	a := p.authorities[slug]
	if !ok || a == nil {
		return nil, errNotFound
	}
	return a.Certificate.Raw, nil
}

// RFC 6960, 4.1.1.
type ocspRequest struct {
	TBS struct {
		Version       int           `asn1:"explicit,tag:0,default:0,optional"`
		RequestorName asn1.RawValue `asn1:"explicit,tag:1,optional"`
		List          []struct {
			CertID     ocspCertID
			Extensions []pkix.Extension `asn1:"explicit,tag:0,optional"`
		}
		Extensions []pkix.Extension `asn1:"explicit,tag:2,optional"`
	}
	Signature asn1.RawValue `asn1:"explicit,tag:0,optional"`
}

// Values of OCSPResponseStatus.
const (
	ocspMalformed    = 1
	ocspTryLater     = 3
	ocspUnauthorized = 6
)

func (p *PKI) answerOCSP(r *http.Request, f Fault) ([]byte, error) {
	a := p.authorities[r.PathValue("authority")]
	if a == nil {
		return nil, errNotFound
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var request ocspRequest
	if rest, err := asn1.Unmarshal(body, &request); err != nil || len(rest) > 0 || len(request.TBS.List) != 1 {
		return OCSPResponse{ErrorStatus: ocspMalformed}.Marshal()
	}
	id := request.TBS.List[0].CertID
	for hash, oid := range hashOIDs {
		if !oid.Equal(id.Algorithm.Algorithm) {
			continue
		}
		own, err := certID(a.Certificate, id.Serial, hash)
		if err != nil || !bytes.Equal(own.KeyHash, id.KeyHash) || !bytes.Equal(own.NameHash, id.NameHash) {
			break
		}
		single := p.status(a, id.Serial)
		single.CertIDHash = hash
		response := p.honest(a, nonceOf(request.TBS.Extensions))
		response.Singles = []OCSPSingle{single}
		p.spoilOCSP(&response, a, f)
		return response.Marshal()
	}
	return OCSPResponse{ErrorStatus: ocspUnauthorized}.Marshal()
}

// nonceOf returns the nonce of a request, nil without one.
func nonceOf(extensions []pkix.Extension) []byte {
	for _, e := range extensions {
		if !e.Id.Equal(oidNonce) {
			continue
		}
		var nonce []byte
		if rest, err := asn1.Unmarshal(e.Value, &nonce); err == nil && len(rest) == 0 {
			return nonce
		}
	}
	return nil
}

// spoilOCSP makes an honest response wrong in one respect.
func (p *PKI) spoilOCSP(r *OCSPResponse, a *authority, f Fault) {
	now := p.now()
	s := &r.Singles[0]
	switch f {
	case TryLater:
		r.ErrorStatus = ocspTryLater
	case Unknown:
		s.Status = StatusUnknown
	case Stale:
		s.ThisUpdate, s.NextUpdate = now.Add(-2*time.Hour), now.Add(-time.Hour)
	case Future:
		s.ThisUpdate, s.NextUpdate = now.Add(time.Hour), now.Add(2*time.Hour)
	case WrongSigner:
		r.Signer = p.strangerTo(a)
		r.Certificates = []*x509.Certificate{r.Signer.Certificate}
	case ExpiredSigner:
		r.Signer = p.services["ocsp-expired-"+a.slug]
	case WrongNonce:
		r.Nonce = make([]byte, 32)
		rand.Read(r.Nonce)
	case NoNonce:
		r.Nonce = nil
	case Replayed:
		r.Nonce = make([]byte, 32)
		rand.Read(r.Nonce)
		r.ProducedAt, s.ThisUpdate, s.NextUpdate = now.Add(-time.Minute), now.Add(-time.Minute), now
	case WrongCertID:
		s.Certificate = a.Certificate
		s.Status = StatusGood
	case TwoAnswers:
		r.Singles = append(r.Singles, *s)
		r.Singles[0].Status = StatusGood
	}
}

// strangerTo returns the responder of another CA: a true responder, only not for a.
func (p *PKI) strangerTo(a *authority) KeyPair {
	if a.slug == "citizen-rsa" {
		return p.services["ocsp-citizen-ec"]
	}
	return p.services["ocsp-citizen-rsa"]
}
