package requests

import (
	"context"
	"sync"

	"guichet.example/auth"
	"guichet.example/portal/jobs"
)

// memory is a Store that keeps the rules of types.go and nothing else: what the
// service may rely on, in the fewest lines. The function fields, if set, answer first.
type memory struct {
	mu           sync.Mutex
	requests     map[string]Request
	owner        map[string]auth.MemberID
	keys         map[string]string
	preparations map[string]Preparation
	documents    map[string]Raise
	approvals    map[string]Approval
	evidence     map[string][]byte
	raised       []Raised
	refused      []string
	written      []Written
	completed    int
	answers      []Answer
	said         []Said

	onPut      func(Request) error
	onComplete func(Completion) error
	onSeal     func(Sealed) error
	onRaised   func(Raised) error
}

func newMemory() *memory {
	return &memory{requests: map[string]Request{}, owner: map[string]auth.MemberID{}, keys: map[string]string{},
		preparations: map[string]Preparation{}, documents: map[string]Raise{},
		approvals: map[string]Approval{}, evidence: map[string][]byte{}}
}

func (m *memory) PutRequest(_ context.Context, login auth.Login, r Request, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onPut != nil {
		if err := m.onPut(r); err != nil {
			return "", err
		}
	}
	if id, ok := m.keys[string(login.Member)+key]; ok {
		return id, nil
	}
	r.Revision = 1
	m.keys[string(login.Member)+key], m.requests[r.ID], m.owner[r.ID] = r.ID, r, login.Member
	return r.ID, nil
}

func (m *memory) AnswerOffice(_ context.Context, _ auth.Login, id string, a Answer) error {
	m.answers = append(m.answers, a)
	return nil
}

func (m *memory) Thread(context.Context, auth.Login, string) ([]Said, error) { return m.said, nil }

func (m *memory) Requests(_ context.Context, login auth.Login, before string, limit int) ([]Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []Request
	for id, r := range m.requests {
		if m.owner[id] == login.Member && (before == "" || id < before) {
			r.PDF = nil
			at := 0
			for at < len(list) && list[at].ID > id {
				at++
			}
			list = append(list[:at], append([]Request{r}, list[at:]...)...)
		}
	}
	return list[:min(limit, len(list))], nil
}

func (m *memory) Request(_ context.Context, login auth.Login, id string) (Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.request(login, id)
}

func (m *memory) RequestForCard(ctx context.Context, login auth.Login, id string) (Request, error) {
	return m.Request(ctx, login, id)
}

func (m *memory) request(login auth.Login, id string) (Request, error) {
	r, ok := m.requests[id]
	if !ok || m.owner[id] != login.Member {
		return Request{}, ErrNotFound
	}
	return r, nil
}

func (m *memory) Prepare(_ context.Context, login auth.Login, p Preparation) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.request(login, p.Request)
	switch {
	case err != nil:
		return err
	case r.State != ToSign:
		return ErrNotOpen
	case r.Revision != p.Revision:
		return ErrChanged
	}
	m.preparations[p.ID] = p
	return nil
}

func (m *memory) Preparation(_ context.Context, login auth.Login, id string) (Preparation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.preparations[id]
	if !ok || m.owner[p.Request] != login.Member {
		return Preparation{}, ErrNotFound
	}
	return p, nil
}

func (m *memory) Complete(ctx context.Context, login auth.Login, c Completion) (Request, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Request{}, err
	}
	if m.onComplete != nil {
		if err := m.onComplete(c); err != nil {
			return Request{}, err
		}
	}
	p := m.preparations[c.Preparation]
	r := m.requests[p.Request]
	switch {
	case p.Done && p.ValueSHA256 == c.ValueSHA256:
		return r, nil
	case p.Done:
		return Request{}, ErrAnotherValue
	case r.State != ToSign:
		return Request{}, ErrNotOpen
	case r.Revision != p.Revision:
		return Request{}, ErrChanged
	}
	p.Done, p.ValueSHA256, p.Document = true, c.ValueSHA256, c.Document
	r.State, r.Document, r.SignedAt, r.Method = c.State, c.Document, c.At, c.Method
	r.Revision++
	m.preparations[p.ID], m.requests[r.ID] = p, r
	m.documents[c.Document] = Raise{Mutuality: login.Mutuality, Member: login.Member, Document: c.Document,
		Request: r.ID, Version: 1, PDF: c.PDF, Signer: c.Signer, Pending: c.State == Pending}
	m.completed++
	return r, nil
}

func (m *memory) Move(_ context.Context, login auth.Login, id string, from []State, to State, reason string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, err := m.request(login, id)
	if err != nil {
		return err
	}
	for _, s := range from {
		if r.State == s {
			r.State, r.Reason = to, reason
			r.Revision++
			m.requests[id] = r
			return nil
		}
	}
	return ErrNotOpen
}

// due are the jobs that a runner would be given.
func (m *memory) due() []jobs.Job {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []jobs.Job
	for id := range m.documents {
		due = append(due, jobs.Job{Kind: RaiseKind, Key: id})
	}
	return due
}

func (m *memory) Raise(_ context.Context, j jobs.Job) (Raise, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.documents[j.Key]
	if !ok {
		return Raise{}, ErrNotFound
	}
	return d, nil
}

func (m *memory) DueDocument(_ context.Context, _ auth.Login, document string) (Raise, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.documents[document], nil
}

func (m *memory) Raised(_ context.Context, out Raised) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onRaised != nil {
		if err := m.onRaised(out); err != nil {
			return err
		}
	}
	m.raised = append(m.raised, out)
	d := out.Raise
	d.Attempts++
	if out.PDF != nil {
		d.PDF, d.Version = out.PDF, d.Version+1
	}
	if out.State != "" {
		r := m.requests[d.Request]
		r.State = out.State
		m.requests[d.Request] = r
		d.Pending = false
	}
	m.documents[d.Document] = d
	if out.NextTry.IsZero() {
		delete(m.documents, d.Document)
	}
	return nil
}

// RefuseSignature implements Store.
func (m *memory) RefuseSignature(ctx context.Context, _ auth.Login, request, state string) error {
	if err := ctx.Err(); err != nil { // as a database would
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused = append(m.refused, request+" "+state)
	return nil
}

// Written implements Store: nobody wrote anything.
func (m *memory) Written(context.Context, auth.Login, string, int) ([]Written, error) {
	return m.written, nil
}
