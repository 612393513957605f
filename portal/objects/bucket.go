package objects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"guichet.example/certs/breaker"
)

// Bounds of a call.
const (
	dialing = time.Second
	first   = 1500 * time.Millisecond // until an answer begins
	// perByte is how long a call may take for its bytes besides: 2 MB a second.
	perByte = time.Second / (2 << 20)
	// MaxSize is the most bytes of an object.
	MaxSize = 128 << 20
)

// silence is how long a list may go without a name.
var silence = 30 * time.Second

// allowed is how long a call with so many bytes may take.
func allowed(size int64) time.Duration { return first + dialing + time.Duration(size)*perByte }

// Put stores the bytes under a name that was never used, and reads them back: nil means
// that the object store has them. ErrWrong, ErrUnavailable.
func (b *Bucket) Put(ctx context.Context, name string, sealed []byte) error {
	if len(sealed) > MaxSize {
		return fmt.Errorf("object of %d bytes is larger than %d", len(sealed), MaxSize)
	}
	return b.call(ctx, "put", int64(len(sealed)), func(ctx context.Context) error {
		_, err := b.client.PutObject(ctx, b.bucket, b.prefix+name, bytes.NewReader(sealed), int64(len(sealed)),
			minio.PutObjectOptions{ContentType: "application/octet-stream", SendContentMd5: true, DisableMultipart: true})
		if err != nil {
			return err
		}
		back, err := b.get(ctx, name, int64(len(sealed)))
		if errors.Is(err, ErrMissing) || err == nil && sha256.Sum256(back) != sha256.Sum256(sealed) {
			return ErrWrong
		}
		return err
	})
}

// Get reads an object of that size. ErrMissing, ErrWrong if it has another, ErrUnavailable.
func (b *Bucket) Get(ctx context.Context, name string, size int64) (sealed []byte, err error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("object of %d bytes: %w", size, ErrWrong)
	}
	err = b.call(ctx, "get", size, func(ctx context.Context) error {
		sealed, err = b.get(ctx, name, size)
		return err
	})
	return sealed, err
}

func (b *Bucket) get(ctx context.Context, name string, size int64) ([]byte, error) {
	object, err := b.client.GetObject(ctx, b.bucket, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	defer object.Close()
	sealed := make([]byte, size)
	if _, err := io.ReadFull(object, sealed); err != nil {
		switch {
		case isMissing(err):
			return nil, fmt.Errorf("%s: %w", name, ErrMissing)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, fmt.Errorf("%s is shorter than %d bytes: %w", name, size, ErrWrong)
		}
		return nil, err
	}
	if n, err := object.Read(make([]byte, 1)); n != 0 || err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.Join(fmt.Errorf("%s does not end after %d bytes: %w", name, size, ErrWrong), err)
	}
	return sealed, nil
}

// Remove removes an object for good. It is no error if there is none.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	return b.call(ctx, "remove", 0, func(ctx context.Context) error {
		err := b.client.RemoveObject(ctx, b.bucket, b.prefix+name, minio.RemoveObjectOptions{})
		if isMissing(err) {
			return nil
		}
		return err
	})
}

// Days are the days on which something was put that is still there, oldest first.
func (b *Bucket) Days(ctx context.Context) (days []string, err error) {
	err = b.list(ctx, minio.ListObjectsOptions{Prefix: b.prefix}, func(o minio.ObjectInfo) error {
		name := strings.TrimPrefix(o.Key, b.prefix)
		if day, ok := strings.CutSuffix(name, "/"); ok && day != "" {
			days = append(days, day)
		}
		return nil
	})
	return days, err
}

// Each calls f with each object that was put on a day, and when, until f returns an error,
// which it returns.
func (b *Bucket) Each(ctx context.Context, day string, f func(name string, put time.Time) error) error {
	return b.list(ctx, minio.ListObjectsOptions{Prefix: b.prefix + day + "/", Recursive: true}, func(o minio.ObjectInfo) error {
		return f(strings.TrimPrefix(o.Key, b.prefix), o.LastModified)
	})
}

// list has no bound but that of its caller and of each answer, since a day may be long; but
// each name begins as it was asked for and comes after the one before, as S3 lists them, and
// not long after: a list that goes round, or tells nothing, is none.
func (b *Bucket) list(ctx context.Context, o minio.ListObjectsOptions, f func(minio.ObjectInfo) error) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(silence, func() { cancel(fmt.Errorf("no name for %v: %w", silence, ErrUnavailable)) })
	defer quiet.Stop()
	var before [2]string // of objects, and of what has more beneath it
	for info := range b.client.ListObjectsIter(inner, b.bucket, o) {
		kind := 0
		if strings.HasSuffix(info.Key, "/") {
			kind = 1
		}
		switch {
		case inner.Err() != nil:
			return context.Cause(inner)
		case info.Err != nil:
			return fmt.Errorf("listing objects: %w (%v)", ErrUnavailable, info.Err)
		case !strings.HasPrefix(info.Key, o.Prefix), strings.Contains(info.Key, ".."):
			return fmt.Errorf("listing %q: another name: %w", o.Prefix, ErrWrong)
		case info.Key <= before[kind]:
			return fmt.Errorf("listing %q: the list goes back: %w", o.Prefix, ErrWrong)
		}
		before[kind] = info.Key
		quiet.Stop()
		if err := f(info); err != nil {
			return err
		}
		quiet.Reset(silence)
	}
	return context.Cause(inner)
}

// Reach asks whether the bucket is there and lets us in. ErrNoBucket, ErrUnavailable.
func (b *Bucket) Reach(ctx context.Context) error {
	return b.call(ctx, "reach", 0, func(ctx context.Context) error {
		there, err := b.client.BucketExists(ctx, b.bucket)
		switch code := minio.ToErrorResponse(err).Code; {
		case err == nil && there:
			return nil
		case err == nil, code == minio.NoSuchBucket:
			return fmt.Errorf("%w: %s", ErrNoBucket, b.bucket)
		case code == minio.AccessDenied:
			return fmt.Errorf("%w: %s is closed to this user", ErrNoBucket, b.bucket)
		}
		return err
	})
}

// call runs f within its time, if the breaker lets it, and tells the breaker.
func (b *Bucket) call(ctx context.Context, what string, size int64, f func(context.Context) error) error {
	if err := b.breaker.Allow(b.now()); err != nil {
		b.stats.refused.Add(1)
		return fmt.Errorf("%w: it %v", ErrUnavailable, err)
	}
	began := time.Now()
	inner, cancel := context.WithTimeout(ctx, allowed(size))
	err := f(inner)
	cancel()
	outcome := breaker.Answered
	switch {
	case ctx.Err() != nil:
		outcome = breaker.Abandoned
	case err != nil && !errors.Is(err, ErrMissing) && !errors.Is(err, ErrNoBucket):
		outcome = breaker.Failed
	}
	b.breaker.Report(b.now(), outcome)
	b.stats.count(what, time.Since(began), outcome == breaker.Failed)
	switch {
	case err == nil, errors.Is(err, ErrMissing), errors.Is(err, ErrNoBucket), errors.Is(err, ErrUnavailable):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fmt.Errorf("%w (%s: %v)", ErrUnavailable, what, err)
}

func isMissing(err error) bool {
	return err != nil && minio.ToErrorResponse(err).Code == minio.NoSuchKey
}
