package store

import "context"

// CountBlobs counts what rests sealed, large or small.
func (db *DB) CountBlobs(ctx context.Context) (n int64, err error) {
	err = db.read(ctx, func(c *conn) error { return c.get(`SELECT count(*) FROM blobs`, nil, &n) })
	return n, err
}
