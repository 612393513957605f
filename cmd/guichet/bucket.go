package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"guichet.example/portal/objects"
	"guichet.example/portal/store"
)

// bucketLook is how often a bucket that is not there is looked for.
const bucketLook = 5 * time.Second

// bucketWatch tells at the start that there is no bucket for the documents, and until there
// is one. An object store that is away is another matter: it comes back, and keeps no server
// out meanwhile.
type bucketWatch struct {
	reach   func(context.Context) error
	log     *slog.Logger
	pause   time.Duration // between two looks
	missing atomic.Pointer[error]
}

// watchBucket looks once; nil: documents are kept in the database.
func watchBucket(ctx context.Context, in store.Objects, log *slog.Logger) *bucketWatch {
	b, ok := in.(*objects.Bucket)
	if !ok {
		return nil
	}
	w := &bucketWatch{reach: b.Reach, log: log, pause: bucketLook}
	switch err := w.look(ctx); {
	case errors.Is(err, objects.ErrNoBucket):
		log.Error("no document can be kept: make the bucket, and let this user in", "cause", err)
	case err != nil:
		log.Warn("the object store does not answer: until it does, documents can be neither kept nor read", "cause", err)
	}
	return w
}

func (w *bucketWatch) look(ctx context.Context) error {
	err := w.reach(ctx)
	if errors.Is(err, objects.ErrNoBucket) {
		w.missing.Store(&err)
	} else if err == nil {
		w.missing.Store(nil)
	}
	return err
}

// Ready is the error of a bucket that is not there.
func (w *bucketWatch) Ready() error {
	if w == nil {
		return nil
	}
	if err := w.missing.Load(); err != nil {
		return *err
	}
	return nil
}

// run looks for a bucket that is not there, until it is, or ctx ends.
func (w *bucketWatch) run(ctx context.Context) {
	if w.Ready() == nil {
		return
	}
	every(ctx, w.pause, func() (more bool) {
		if w.look(ctx); w.Ready() != nil {
			return true
		}
		w.log.Info("the bucket is there: documents can be kept")
		return false
	})
}
