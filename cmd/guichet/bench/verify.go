package bench

import (
	"context"
	"errors"
	"time"

	"github.com/digitorus/timestamp"

	"guichet.example/signing"
)

// verifyLT compares the validation of a file at B-LT - structure, revisions, coverage,
// paths, policy, report - with the bare verifications that no verifier can leave out: the
// value, the timestamp's, both certificates, and each answer with its responder. Offline.
func verifyLT(ctx context.Context) (Result, error) {
	s, err := openLastings(ctx)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	file, err := s.complete(ctx)
	if err != nil {
		return Result{}, err
	}
	trust := signing.Trust{Anchors: s.services.Anchors()}
	a, b, err := compare(ctx, 100*time.Millisecond, func() error {
		r, err := signing.Verify(ctx, file, trust)
		if err == nil && (!r.Valid() || r.Signatures[0].Level != signing.LevelLT) {
			err = errors.New("the file is not valid at B-LT")
		}
		return err
	}, func() error {
		if _, err := timestamp.ParseResponse(s.token); err != nil {
			return err
		}
		return s.bareVerify()
	})
	return against(a, b), err
}
