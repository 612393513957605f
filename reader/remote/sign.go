package remote

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
	"guichet.example/reader/typed"
)

// grace is how long a child may take to end a signature that the caller gave up.
const grace = 2 * time.Second

// Sign signs a digest as [reader.Key.SignContext] does: PKCS#1 v1.5 for RSA, ASN.1 DER
// for ECDSA. The child that signed is retired, however it ended; the value is verified
// here, where no module reaches. While a person types ctx alone limits the time; a module that does not
// answer is killed at Config.Deadline. Signatures of one module wait for each other.
// Errors: as [reader.Key.SignContext], and reader.ErrModuleFailed when the child died.
func (c *Card) Sign(ctx context.Context, r SignRequest) ([]byte, error) {
	cert, err := c.Certificate(r.Purpose)
	if err != nil {
		return nil, err
	}
	m := c.module
	select {
	case m.signing <- struct{}{}:
		defer func() { <-m.signing }()
	case <-ctx.Done():
		return nil, ended(ctx)
	}
	if r.Entry.Kind == Page {
		c.set.mu.Lock()
		c.set.pages = m
		c.set.mu.Unlock()
	}
	if r.Entry.Kind == Terminal {
		defer typed.KeepTerminal()()
	}
	if ctx.Err() != nil {
		return nil, ended(ctx)
	}
	in, s, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	answer, err := s.wait(ctx, in)
	m.asked(err)
	var value []byte
	if err == nil {
		value, err = reader.VerifySignature(cert.PublicKey, r.Digest, r.Hash, answer.Signature)
		in.conclude(err == nil)
	}
	m.retire(in, c.reader.Name, s.ending(err))
	if err != nil {
		return nil, c.lost(err)
	}
	return value, nil
}

// signature is one that is under way in a child.
type signature struct {
	request SignRequest
	id      uint64
	pending *pending
	url     string // of the PIN page, once there is one
}

// begin sends the request to the child that takes calls.
func (c *Card) begin(ctx context.Context, r SignRequest) (*child, *signature, error) {
	var err error
	for range 3 { // a child that leaves meanwhile is no failure
		var in *child
		var handle uint64
		if in, handle, err = c.attach(ctx); err == nil {
			s := &signature{request: r}
			var descriptors []uintptr
			if r.Entry.Kind == Descriptor {
				descriptors = []uintptr{r.Entry.Descriptor}
			}
			if s.id, s.pending, err = in.start(kindSign, signBodyOf(handle, r), descriptors...); err == nil {
				return in, s, nil
			}
		}
		if !errors.Is(err, errLeaving) {
			c.module.asked(err)
			return nil, nil, c.lost(err)
		}
	}
	return nil, nil, fmt.Errorf("%v: %w", err, reader.ErrModuleFailed)
}

func signBodyOf(handle uint64, r SignRequest) signBody {
	e := r.Entry
	return signBody{
		Handle: handle, Purpose: r.Purpose, Digest: r.Digest, Hash: r.Hash,
		Entry: entryBody{Kind: e.Kind, Site: e.Site, Digest: e.Digest, Lang: e.Lang, Host: e.Host, Program: e.Program},
	}
}

// wait passes on progress until the answer is there. When ctx ends first the child is
// told, and killed if that does not help.
func (s *signature) wait(ctx context.Context, in *child) (signAnswer, error) {
	givenUp := ctx.Done()
	var over <-chan time.Time
	for {
		select {
		case m, ok := <-s.pending.messages:
			if ok && m.Kind == kindProgress {
				s.tell(m)
				continue
			}
			answer, err := answerOf[signAnswer](in, m, ok)
			if err != nil && ctx.Err() != nil && !errors.Is(err, reader.ErrPINBlocked) {
				err = ended(ctx) // who ended it knows better than who noticed
			}
			return answer, err
		case <-givenUp:
			givenUp = nil
			in.cancel(s.id, context.Cause(ctx))
			timer := time.NewTimer(grace)
			defer timer.Stop()
			over = timer.C
		case <-over:
			in.hangs(fmt.Errorf("the module did not let go within %v: %w", grace, reader.ErrModuleFailed))
			return signAnswer{}, ended(ctx)
		}
	}
}

// tell passes on progress, which deliver has parsed before. A module that writes in its
// child's place sends nobody elsewhere: the address is opened in a browser.
func (s *signature) tell(m message) {
	b, err := parseBody[progressBody](m)
	if err != nil || !progresses[b.State] || b.URL != "" && !s.request.Entry.serves(b.URL) {
		return
	}
	if b.URL != "" {
		s.url = b.URL
	}
	if s.request.Tell != nil {
		s.request.Tell(Progress{State: b.State, Tries: b.Tries, URL: b.URL})
	}
}

// progresses are the states of a Progress.
var progresses = map[api.State]bool{
	api.PINPage: true, api.PINWindow: true, api.PINKeypad: true, api.PINWrong: true, api.Checking: true, api.Signing: true,
}

// serves reports whether an address can be that of the PIN page: on Host, or on a loopback
// port where there is none, and a one-time part and nothing else behind the path.
func (e Entry) serves(address string) bool {
	rest, web := strings.CutPrefix(address, "http://")
	host, id, found := strings.Cut(rest, api.PINPath)
	if e.Kind != Page || !web || !found || id == "" || len(id) > maxOneTime || strings.Trim(id, base64URL) != "" {
		return false
	}
	if e.Host != "" {
		return host == e.Host
	}
	at, err := netip.ParseAddrPort(host)
	return err == nil && at.Addr().IsLoopback() && at.String() == host
}

// The one-time part of an address: base64url (RFC 4648, 5) of at most that many characters.
const (
	maxOneTime = 64
	base64URL  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
)

// ending is what the next child is to remember for the page; nil: no page was shown.
func (s *signature) ending(err error) *pinpage.Ending {
	if s.url == "" {
		return nil
	}
	e := s.request.Entry
	ending := pinpage.EndingAt(s.url, pinpage.Operation{
		Purpose: s.request.Purpose, Site: e.Site, Digest: e.Digest, Lang: e.Lang, Host: e.Host,
	}, err)
	return &ending
}
