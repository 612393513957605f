package store

import (
	"context"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
)

// requestNews has the first page say what was done with a request, in the commit of the act:
// the newest takes the place of what came before it.
func (t *tx) requestNews(db *DB, key memberKey, request string, what requests.News) error {
	_, err := t.exec(`UPDATE requests SET news = ?, news_at = ? WHERE mutuality = ? AND member = ? AND request = ?`,
		string(what), micros(db.cfg.Now()), key.mutuality, key.member, request)
	return err
}

// shipmentNews are what a member reads on her first page of an order on its way.
var shipmentNews = map[string]requests.News{"posted": requests.NewsPosted, "returned": requests.NewsReturned}

// orderNews is requestNews for an order on its way, by its reference. What came back is
// news whatever was read before; that a thing was prepared is none.
func (t *tx) orderNews(mutuality, reference, state string, at time.Time) error {
	what, ok := shipmentNews[state]
	if !ok {
		return nil
	}
	_, err := t.exec(`UPDATE requests SET news = ?, news_at = ? WHERE mutuality = ? AND reference = ?`,
		string(what), micros(at), mutuality, reference)
	return err
}

// newsSeen ends the news of a request that its member opened. On a full disk it stays new.
func (db *DB) newsSeen(ctx context.Context, login auth.Login, request string) error {
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		return t.noNews(login.Mutuality, string(login.Member), request)
	})
	if errors.Is(err, ErrFull) {
		return nil
	}
	return err
}

// noNews ends the news of a request.
func (t *tx) noNews(mutuality, member, request string) error {
	_, err := t.exec(`UPDATE requests SET news = NULL, news_at = NULL WHERE mutuality = ? AND member = ? AND request = ?`,
		mutuality, member, request)
	return err
}
