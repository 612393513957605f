package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/home"
	"guichet.example/portal/store/storetest"
)

const (
	homePath   = "/fr/home"
	pageTurns  = 7
	pageSlice  = 500 * time.Millisecond
	pageConns  = 32
	manyConns  = 128
	offered    = 1000 // pages a second
	offerConns = 64
)

// homeRates are pages a second of a signed-in member's first page, in turns: ours, the
// bare page, and the same bytes without anything.
type homeRates struct{ ours, bare, static float64 }

// homePage compares with the bare page.
func homePage(ctx context.Context) (Result, error) {
	return homeAgainst(ctx, nil, func(r homeRates) float64 { return r.bare })
}

func homePagePostgres(ctx context.Context) (Result, error) {
	return onPostgres(func(s *storetest.Server) (Result, error) {
		return homeAgainst(ctx, s, func(r homeRates) float64 { return r.bare })
	})
}

// homeStatic compares with a handler that writes the same bytes.
func homeStatic(ctx context.Context) (Result, error) {
	return homeAgainst(ctx, nil, func(r homeRates) float64 { return r.static })
}

func homeStaticPostgres(ctx context.Context) (Result, error) {
	return onPostgres(func(s *storetest.Server) (Result, error) {
		return homeAgainst(ctx, s, func(r homeRates) float64 { return r.static })
	})
}

// homeAgainst asks over many connections, and as a part over few: those then wait together
// for the sync of a row in the trail, which the bare page does not write, and leave the
// cores idle meanwhile.
func homeAgainst(ctx context.Context, server *storetest.Server, limit func(homeRates) float64) (Result, error) {
	t, err := openTown(ctx, server)
	if err != nil {
		return Result{}, err
	}
	defer t.close()
	var results []Result
	for _, conns := range []int{manyConns, pageConns} {
		rates, err := t.homeRates(ctx, conns)
		if err != nil {
			return Result{}, err
		}
		results = append(results, Result{Name: fmt.Sprintf("  of %d connections", conns), Value: rates.ours, Unit: "pages/s",
			Limit: limit(rates), Ratio: rates.ours / limit(rates)})
	}
	result := results[0]
	result.Parts = results[1:]
	return result, nil
}

func (t *town) homeRates(ctx context.Context, conns int) (homeRates, error) {
	body, err := t.body(ctx, homePath)
	if err != nil {
		return homeRates{}, err
	}
	bare, err := t.barePage(ctx)
	if err != nil {
		return homeRates{}, err
	}
	medians, err := turnsOf(ctx, conns, t.requests(homePath), t.portal.Handler(), bare, constant(body))
	if err != nil {
		return homeRates{}, err
	}
	return homeRates{medians[0], medians[1], medians[2]}, nil
}

// turnsOf serves each handler and asks them in turns over so many connections; it returns
// the median rates.
func turnsOf(ctx context.Context, conns int, requests [][]byte, handlers ...http.Handler) ([]float64, error) {
	rates := make([][]float64, len(handlers))
	asked := make([]*clients, len(handlers))
	for i, h := range handlers {
		s, err := serve(ctx, h)
		if err != nil {
			return nil, err
		}
		defer s.close()
		if asked[i], err = connect(ctx, s.address, conns); err != nil {
			return nil, err
		}
		defer asked[i].close()
	}
	for turn := range pageTurns + 1 {
		for i, c := range asked {
			rate, err := c.rate(pageSlice, requests)
			if err != nil {
				return nil, err
			}
			if turn > 0 { // the first warms up
				rates[i] = append(rates[i], rate)
			}
		}
	}
	medians := make([]float64, len(handlers))
	for i, r := range rates {
		slices.Sort(r)
		medians[i] = r[len(r)/2]
	}
	return medians, ctx.Err()
}

// constant writes the same bytes whatever is asked.
func constant(body []byte) http.Handler {
	length := strconv.Itoa(len(body))
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", length)
		w.Write(body)
	})
}

// barePage is the page without what the counter adds: gin, a name for the request, the
// same headers, session and rows of who asks by plain statements, and the same template,
// filled with what the first member sees.
func (t *town) barePage(ctx context.Context) (http.Handler, error) {
	overview, err := t.store.Overview(ctx, t.login(0), true)
	if err != nil {
		return nil, err
	}
	headers := t.askWith(ctx, homePath, t.cookies[0]).Header()
	render := home.Rendering(overview)
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	engine := gin.New()
	engine.GET(homePath, func(c *gin.Context) {
		hash, err := tokenHash(c.Request)
		if err == nil {
			_, err = t.pages.Read(c.Request.Context(), hash, "people", "payments", "lines", "requests", "documents")
		}
		buffer := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(buffer)
		buffer.Reset()
		if err := errors.Join(err, render(c.Request.Context(), buffer)); err != nil {
			http.Error(c.Writer, err.Error(), http.StatusInternalServerError)
			return
		}
		h := c.Writer.Header()
		for name, values := range headers {
			h.Set(name, values[0])
		}
		h.Set("X-Request-Id", rand.Text())
		h.Set("Content-Length", strconv.Itoa(buffer.Len()))
		c.Writer.Write(buffer.Bytes())
	})
	return engine, nil
}

func tokenHash(r *http.Request) ([]byte, error) {
	cookie, err := r.Cookie("__Host-session")
	if err != nil {
		return nil, err
	}
	token, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(cookie.Value))
	hash := sha256.Sum256(token)
	return hash[:], err
}

// homeTail is the slowest of a hundred first pages at 1,000 a second, each counted from
// the moment at which it was due. The limit is the goal.
func homeTail(ctx context.Context) (Result, error) { return tailOn(ctx, nil, 15) }

func homeTailPostgres(ctx context.Context) (Result, error) {
	return onPostgres(func(s *storetest.Server) (Result, error) { return tailOn(ctx, s, 25) })
}

func tailOn(ctx context.Context, server *storetest.Server, limit float64) (Result, error) {
	t, err := openTown(ctx, server)
	if err != nil {
		return Result{}, err
	}
	defer t.close()
	s, err := serve(ctx, t.portal.Handler())
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	c, err := connect(ctx, s.address, offerConns)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	requests := t.requests(homePath)
	if _, err := c.offer(offered, time.Second, requests); err != nil {
		return Result{}, err
	}
	took, err := c.offer(offered, 8*time.Second, requests)
	if err != nil {
		return Result{}, err
	}
	return share(float64(percentile(took, 99).Microseconds())/1000, limit, "ms"), nil
}
