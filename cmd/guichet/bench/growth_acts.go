package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"guichet.example/portal/store/bare"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// growthRounds is how often each act is done.
const growthRounds = 200

// growthActs measures the processor time of what members do, the part of the services that
// stand in for those outside and of the card included, and what a signed document takes on
// the disk.
func growthActs(ctx context.Context, server *storetest.Server) ([]Result, error) {
	g := &grown{server: server}
	var acts []Result
	for _, one := range []struct {
		name string
		run  func(context.Context, *grown) ([]Result, error)
	}{{"sign-in by card", actLogin}, {"signature", actSign}, {"evidence", actEvidence}} {
		results, err := one.run(ctx, g)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", one.name, err)
		}
		acts = append(acts, results...)
	}
	return acts, nil
}

// each is the processor time of one act, of this process and of PostgreSQL.
func (g *grown) each(act func() error) (float64, error) {
	if err := act(); err != nil { // warms
		return 0, err
	}
	took, err := g.during(spent, func() error {
		for range growthRounds {
			if err := act(); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(took.Microseconds()) / growthRounds, err
}

func actLogin(ctx context.Context, g *grown) ([]Result, error) {
	source := &foreseen{}
	c, err := g.open(ctx, source)
	if err != nil {
		return nil, err
	}
	defer c.close()
	tokens, _, _, err := c.tokens(growthRounds + 1)
	if err != nil {
		return nil, err
	}
	took, err := g.each(func() error { _, err := c.login(ctx, source, tokens); return err })
	return []Result{{Name: "  processor of a sign-in", Value: took, Unit: "µs", Note: "by card, P-384"}}, err
}

func actSign(ctx context.Context, g *grown) ([]Result, error) {
	c, err := g.open(ctx, rand.Reader)
	if err != nil {
		return nil, err
	}
	defer c.close()
	s, err := c.signer(ctx)
	if err != nil {
		return nil, err
	}
	before, err := bare.Sizes(ctx, c.database, c.databaseFile())
	if err != nil {
		return nil, err
	}
	size := 0
	took, err := g.each(func() (err error) { _, size, err = s.sign(ctx); return err })
	if err != nil {
		return nil, err
	}
	after, err := bare.Sizes(ctx, c.database, c.databaseFile())
	all := int64(0)
	for table := range after {
		all += after[table] - before[table]
	}
	return []Result{
		{Name: "  processor of a signature", Value: took, Unit: "µs", Note: "drawn, frozen, prepared, signed by a card, completed at B-B, stored, read back"},
		{Name: "  disk of a signature", Value: float64(all) / (growthRounds + 1), Unit: "B", Note: fmt.Sprintf("the order as drawn and as signed, its rows; the signed file has %d", size)},
	}, err
}

func actEvidence(ctx context.Context, g *grown) ([]Result, error) {
	s, err := openLastings(ctx)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var file []byte
	raised, err := g.each(func() (err error) { file, err = s.complete(ctx); return err })
	if err != nil {
		return nil, err
	}
	trust := signing.Trust{Anchors: s.services.Anchors()}
	verified, err := g.each(func() error {
		r, err := signing.Verify(ctx, bytes.Clone(file), trust)
		if err == nil && !r.Valid() {
			err = errors.New("the file is not valid")
		}
		return err
	})
	return []Result{
		{Name: "  processor of evidence", Value: raised, Unit: "µs", Note: "timestamp, answers, raised to B-LT"},
		{Name: "  disk of evidence", Value: float64(len(file)), Unit: "B", Note: "a second version of the file, at B-LT"},
		{Name: "  processor of a verification", Value: verified, Unit: "µs", Note: "of a file at B-LT"},
	}, err
}
